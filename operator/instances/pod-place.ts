/** Where things are in a pod of an instance. */
export const podPlace = {
  namedPort: 5353,
  controlPort: 9953,
  agentPort: 8082,
  zonesDirectory: "/var/lib/bindy/zones",
  zonesConf: "/var/lib/bindy/zones/zones.conf",
  workDirectory: "/var/lib/bindy/work",
  pidFile: "/var/lib/bindy/work/named.pid",
  configurationDirectory: "/etc/bindy",
} as const;
