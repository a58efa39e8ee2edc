// What people use who have no operator: a script of a few lines around `kubectl get --watch` and `nsupdate` (RFC 2136), and a named that
// takes updates signed with a key. It brings changes of addresses to one server, and that is all it does: it removes nothing, it tells nobody
// what became of a change, it does not know what it missed while it was away, and a server that lost its zones stays without them.
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { zoneFileName } from "../../operator/resources/zone-file-name.ts";
import { createContainer } from "../../playground/replicas/container.ts";
import { openDnsAsker } from "./dns-asker.ts";
import { startNamedOf, type NameServer } from "./name-server.ts";
import type { PodPlace } from "./pod-process.ts";
import { instanceName, zoneNameAt, type ZoneSizes } from "./zone-objects.ts";

/** How the script calls nsupdate: anew for each change, as it is mostly written, or once for all of them. */
export type ScriptManner = "for each" | "once";

export interface UpdatedServer extends NameServer {
  /** Ends what is at work, and begins the script anew. */
  startScript(manner: ScriptManner): Promise<void>;
}

const graceMs = 5000;

/** The script. `KUBECONFIG` and `KEY` are files, `PORT` is the server's. */
function scriptText(manner: ScriptManner): string {
  const columns = "ZONE:.metadata.labels.zone,NAME:.spec.name,TTL:.spec.ttl,ADDRESS:.spec.ipv4Addresses[0]";
  const message =
    `printf 'server 127.0.0.1 %s\\nzone %s\\nupdate delete %s.%s. A\\nupdate add %s.%s. %s A %s\\nsend\\n' ` +
    `"$PORT" "$zone" "$name" "$zone" "$name" "$zone" "$ttl" "$address"`;
  const nsupdate = `nsupdate -k "$KEY"`;
  const [inner, outer] =
    manner === "for each" ? [`${message} | ${nsupdate}`, ""] : [message, ` | ${nsupdate}`];
  return `kubectl get arecords --all-namespaces --watch-only --no-headers -o 'custom-columns=${columns}' |
while read -r zone name ttl address; do
  ${inner}
done${outer}
`;
}

/** Starts a named that has the zones as the replica has them now, and takes updates. */
export async function startUpdatedServer(
  place: PodPlace,
  given: {
    readonly sizes: ZoneSizes;
    /** Of a replica: where its zones are. */
    readonly zonesDirectory: string;
    readonly kubectl: string;
    readonly searchPath: string;
    readonly ports: PortFinder;
  },
): Promise<UpdatedServer> {
  const { directory, cluster, clock, processes, onComplaint } = place;
  const port = await given.ports.find(28_000);
  const zonesConf = writeZones(directory, given.zonesDirectory, given.sizes);
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
  const named = await startNamedOf(place, { name: "named that takes updates", port, zonesConf });
  const asker = await openDnsAsker(port, clock);
  let script: ReturnType<typeof createContainer> | null = null;

  async function startScript(manner: ScriptManner): Promise<void> {
    await script?.terminate(graceMs);
    // The shell ends with its pipeline, and that with kubectl: a group of its own is ended as a whole.
    const text = `trap 'trap - TERM; kill 0' TERM\n(\n${scriptText(manner)}) &\nwait\n`;
    script = createContainer({
      name: `script with nsupdate ${manner}`,
      command: ["sh", "-c", text],
      environment: {
        PATH: `${join(given.kubectl, "..")}:${given.searchPath}`,
        HOME: directory,
        KUBECONFIG: kubeconfig,
        KEY: keyIn(directory),
        PORT: String(port),
      },
      processes,
      clock,
      onChange: () => {},
    });
    script.start();
    script.log().follow(({ text: line }) => onComplaint(`the script: ${line}`));
  }

  return {
    ...asker,
    port,
    startScript,
    async end() {
      asker.close();
      await script?.terminate(graceMs);
      await named.terminate(graceMs);
    },
  };
}

function keyIn(directory: string): string {
  return join(directory, "key.conf");
}

/** Copies the zones' files and lists them; the key is made for this run. */
function writeZones(directory: string, from: string, { zones }: ZoneSizes): string {
  const to = join(directory, "zones");
  mkdirSync(to, { recursive: true });
  const key = `key "bench" { algorithm hmac-sha256; secret "${randomBytes(32).toString("base64")}"; };\n`;
  writeFileSync(keyIn(directory), key, { mode: 0o600 });
  const list = Array.from({ length: zones }, (_, zone) => {
    const zoneName = zoneNameAt(zone);
    const file = `${zoneFileName(instanceName, zoneName)}.zone`;
    copyFileSync(join(from, file), join(to, file));
    return `zone "${zoneName}" { type primary; file "${join(to, file)}"; allow-update { key "bench"; }; };\n`;
  });
  const zonesConf = join(directory, "zones.conf");
  writeFileSync(zonesConf, key + list.join(""), { mode: 0o600 });
  return zonesConf;
}
