// Every reason that a condition may have: what it means, what to do, and whether a change to it is an Event. docs/reasons.md is written from
// this, and no condition is written with another.

export interface ReasonEntry {
  /** The conditions that may have it, with their status: "Ready=False". */
  readonly of: readonly string[];
  readonly kinds: string;
  readonly meaning: string;
  readonly remedy: string;
  /** Of the Event that tells of a change to it; absent: none is written. */
  readonly event?: "Normal" | "Warning";
  /** Of what is new it is to be expected, and no Event then. */
  readonly isUsualAtFirst?: true;
}

const record = "records";
const zone = "DNSZone";
const instance = "Bind9Instance";
const cluster = "Bind9Cluster, ClusterBind9Provider";
const nothing = "";

export const reasons = {
  Published: {
    of: ["Ready=True"],
    kinds: record,
    meaning: "Every server of its zone answers with it.",
    remedy: nothing,
  },
  TtlConflict: {
    of: ["Ready=True", "Degraded=True"],
    kinds: `${record}, ${zone}`,
    meaning:
      "It is answered, and its RRset would have several TTLs: it has the lowest, and a record that asks for none has the zone's. A zone has it where a record lowers the TTL of the zone's own name servers, or of their addresses.",
    remedy: "Give all objects of the name and type the same `ttl`.",
    event: "Warning",
  },
  Glue: {
    of: ["Ready=True"],
    kinds: record,
    meaning:
      "It is the address of a name server under a name that is delegated: it is given beside the delegation, and who asks for it is sent to those servers.",
    remedy: nothing,
  },
  Loading: {
    of: ["Ready=False", "Progressing=True"],
    kinds: `${record}, ${zone}`,
    meaning: "The serial that it is in has been published, and is not loaded everywhere yet.",
    remedy:
      "Wait some seconds. Where it stays so, look at the condition Degraded of the zone, and at the pods of the instance.",
  },
  NotSelected: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "No DNSZone of its namespace selects it; what has more than 64 labels none does.",
    remedy:
      "Give it the labels that `recordsFrom` of the zone asks for, and take away what it has too many of.",
    event: "Warning",
    isUsualAtFirst: true,
  },
  ZoneNotServed: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "Its zone is not served by any instance; the message has the zone's own reason.",
    remedy: "Look at the conditions of the zone.",
    event: "Warning",
    isUsualAtFirst: true,
  },
  HiddenByZone: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${record}, ${zone}`,
    meaning:
      "A zone that lies deeper is on the same servers, and answers for its name: an NSRecord is answered where that zone has its name server too. Of a zone: for one of its name servers, without the address that this one gives it.",
    remedy: "Put the record, the name server or the address into that zone.",
    event: "Warning",
  },
  NoValues: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "It has no value that could be served.",
    remedy: "Give it one.",
    event: "Warning",
  },
  InvalidName: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "Its name is not one that a record of its type can have, or could mean two.",
    remedy: "Write the name as the message says.",
    event: "Warning",
  },
  InvalidValue: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${record}, ${zone}`,
    meaning: "One of its values is not one of its type; the others are served.",
    remedy: "Write the value as the message says.",
    event: "Warning",
  },
  OutsideZone: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "Its name ends with a dot, and does not lie in the zone.",
    remedy: "Write the name relative to the zone, or select the record by another zone.",
    event: "Warning",
  },
  Conflict: {
    of: ["Ready=False"],
    kinds: record,
    meaning:
      "It cannot stand beside what an older object, or the zone itself, says, which the message names: a CNAME stands alone at its name, and " +
      "an NSRecord below the zone's own name would hide all that lies there, but for the addresses of its servers below that name. A name server of the " +
      "zone cannot be a CNAME, whichever came first. An MXRecord or SRVRecord that says that there is none (`.`) stands alone.",
    remedy:
      "Give it another name, or delete one of the two. To delegate a name that is in use, make the NSRecord first: it takes effect when the older objects are gone.",
    event: "Warning",
  },
  AliasLoop: {
    of: ["Ready=False"],
    kinds: record,
    meaning:
      "The CNAMERecord stands for its own name, or closes a loop of CNAMERecords of the zone, which the message names: none of these names would be answered. Of a loop the youngest is left out.",
    remedy: "Let it stand for another name.",
    event: "Warning",
  },
  TooManyValues: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${record}, ${zone}`,
    meaning:
      "With it the RRset would be larger than `named` loads (100 records, those of the zone itself among them), or an answer of DNS can be.",
    remedy: "Spread the values over several names.",
    event: "Warning",
  },
  TooManyRecords: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${zone}, ${record}`,
    meaning:
      "The zone selects more records than one may have, or its namespace more than the operator has memory for. What was served before stays.",
    remedy: "Split the zone, let fewer zones select the same records, or give the operator more memory.",
    event: "Warning",
  },
  Occluded: {
    of: ["Ready=False"],
    kinds: record,
    meaning: "Its name lies at or below an older delegation, and belongs to other servers.",
    remedy: "Put it into the zone of those servers, or delete the NSRecord.",
    event: "Warning",
  },
  NameServerWithoutAddress: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${record}, ${zone}`,
    meaning:
      "The name server lies in the zone, has no address there, and lies below no other delegation that leads to one: nobody could ask it, and with one of the zone's own `named` would load nothing of the zone.",
    remedy: "Give it an ARecord or AAAARecord.",
    event: "Warning",
  },
  GlueOutsideZone: {
    of: ["Degraded=True"],
    kinds: zone,
    meaning: "A name server of the zone has an address here and lies elsewhere.",
    remedy: "Take the address away: it is that zone's to say.",
    event: "Warning",
  },
  SerialOutOfReach: {
    of: ["Degraded=True"],
    kinds: zone,
    meaning: "`soaRecord.serial` lies more than 2^31 ahead, which to secondaries is a step back.",
    remedy: "Take it away, or give it a number between.",
    event: "Warning",
  },
  Served: {
    of: ["Ready=True"],
    kinds: zone,
    meaning: "Every instance that it goes to has a pod that serves it.",
    remedy: nothing,
    event: "Normal",
  },
  InvalidZone: {
    of: ["Ready=False", "Degraded=True"],
    kinds: `${zone}, ${record}`,
    meaning: "Nothing that `named` would load can be made of it. What was served before stays.",
    remedy: "Write the field as the message says; a zone needs a name server that can be reached.",
    event: "Warning",
  },
  DuplicateZone: {
    of: ["Ready=False"],
    kinds: zone,
    meaning: "An older DNSZone of the same name goes to the same instance.",
    remedy: "Delete one of the two, or have them served by different instances.",
    event: "Warning",
  },
  NoInstances: {
    of: ["Ready=False", "Progressing=False"],
    kinds: `${zone}, ${cluster}`,
    meaning:
      "No instance is selected and admits the zone; of a cluster: none is asked for, and there is none.",
    remedy:
      "Name a cluster, or select instances by labels; one of another namespace serves a zone where its annotation `bindy.firestoned.io/allow-zone-namespaces` " +
      "names the zone's namespace, and the zone's annotation `bindy.firestoned.io/allow-instance-namespaces` that of the instance. Of a cluster: set `primary.replicas`.",
    event: "Warning",
    isUsualAtFirst: true,
  },
  NotLoaded: {
    of: ["Ready=False"],
    kinds: zone,
    meaning: "An instance that it goes to has no pod that serves it yet.",
    remedy: "Look at the pods of that instance.",
  },
  NotAdmitted: {
    of: ["Ready=False"],
    kinds: zone,
    meaning:
      "It lies below an older zone of another namespace on the same instance, and would take names from that zone.",
    remedy:
      "Have the owner of that zone name this namespace in its annotation `bindy.firestoned.io/allow-zone-namespaces`, or have this zone served by other instances.",
    event: "Warning",
  },
  QueriesRefused: {
    of: ["Ready=False"],
    kinds: zone,
    meaning:
      "An instance that it goes to answers nobody: its `allowQuery`, or both `listenOn` and `listenOnV6`, let in nobody (`none`, an empty list, `!0.0.0.0/0` and nothing of IPv6), or hold something that cannot be read.",
    remedy: "Look at the condition Degraded of the instance, and let somebody in.",
    event: "Warning",
  },
  PodsNotReady: {
    of: ["Ready=False"],
    kinds: zone,
    meaning:
      "Of an instance that it goes to every pod has loaded it, or some have, and none is ready: its Service sends nobody there.",
    remedy:
      "Look at the pods of that instance: `kubectl describe pods -l bindy.firestoned.io/instance=NAME`.",
  },
  Refused: {
    of: ["Ready=False", "Progressing=False", "Degraded=True"],
    kinds: zone,
    meaning:
      "What was compiled cannot be stored; the message says why. Where that is a quota, a permission or a rule of admission, it is tried again, every five minutes at last, and what was served before is served where it may be.",
    remedy:
      "Where it is too large, split the zone; where a ZoneFile of that name is in the way, delete it; and otherwise have the server let it in.",
    event: "Warning",
  },
  LeftOut: {
    of: ["Degraded=True"],
    kinds: zone,
    meaning: "Some of what was written is not served; the message names the records and why.",
    remedy: "Mend those objects: each has the same words in its own condition.",
    event: "Warning",
  },
  LoadFailed: {
    of: ["Degraded=True"],
    kinds: zone,
    meaning:
      "`named` did not load it, and the message has what one pod says of that; the last good one is served where there was one.",
    remedy: "Look at `status.failed` of its ZoneFile, which has all pods, and at the log of `named`.",
    event: "Warning",
  },
  UpToDate: {
    of: ["Progressing=False"],
    kinds: `${zone}, ${instance}`,
    meaning: "Nothing is under way.",
    remedy: nothing,
  },
  AsWritten: {
    of: ["Degraded=False"],
    kinds: `${zone}, ${instance}, ${cluster}`,
    meaning: "Nothing was left out.",
    remedy: nothing,
  },
  Serving: {
    of: ["Ready=True"],
    kinds: instance,
    meaning: "At least one of its pods is ready.",
    remedy: nothing,
    event: "Normal",
  },
  NoReplicaReady: {
    of: ["Ready=False"],
    kinds: instance,
    meaning: "None of its pods is ready.",
    remedy: "Look at its pods: `kubectl describe pods -l bindy.firestoned.io/instance=NAME`.",
    event: "Warning",
    isUsualAtFirst: true,
  },
  ScaledToZero: {
    of: ["Ready=False"],
    kinds: `${zone}, ${instance}`,
    meaning: "No pod is asked for; of a zone: of an instance that it goes to.",
    remedy: "Set `replicas` of the instance, or have the zone not select it.",
    event: "Normal",
  },
  RollingOut: {
    of: ["Progressing=True"],
    kinds: instance,
    meaning: "Some of its pods are not ready yet.",
    remedy: nothing,
  },
  Blocked: {
    of: ["Degraded=True"],
    kinds: `${instance}, ${cluster}`,
    meaning:
      "Something that it consists of is not made: a name is somebody else's, the namespace is not there, or a field asks for what is not allowed.",
    remedy: "Do as the message says.",
    event: "Warning",
  },
  PodsNotStarting: {
    of: ["Degraded=True"],
    kinds: instance,
    meaning:
      "Some of its pods cannot be made or do not start: a quota or a rule of admission refuses them, a ConfigMap that `configMapRefs` or a mounted volume names is not there, or has not the key, no node takes them, an image cannot be had, `named` listens on other addresses than theirs (`listenOn`, `listenOnV6`), or a container ends over and over; the message says which. Those that ran before go on.",
    remedy:
      "Mend what the message names. More of it say `kubectl describe pods -l bindy.firestoned.io/instance=NAME` and the log of `named`.",
    event: "Warning",
    isUsualAtFirst: true,
  },
  ClusterMissing: {
    of: ["Degraded=True"],
    kinds: `${instance}, ${zone}`,
    meaning:
      "There is no Bind9Cluster of the namespace as `clusterRef` names it, or no ClusterBind9Provider as `clusterProviderRef` does. Of a zone also: that one has no instance and says why, or does not let the zone's namespace in. An instance runs with what it says itself; a zone goes to what else it selects.",
    remedy: "Make the cluster, mend what its condition Degraded says, or take the field away.",
    event: "Warning",
  },
  InvalidConfiguration: {
    of: ["Degraded=True"],
    kinds: `${instance}, ${cluster}`,
    meaning:
      "An element of a list cannot be read, or names a list that cannot; the list lets nobody in until it can.",
    remedy: "Write the element as the message says.",
    event: "Warning",
  },
  AllReady: {
    of: ["Ready=True"],
    kinds: cluster,
    meaning: "All of its instances are ready.",
    remedy: nothing,
    event: "Normal",
  },
  InstancesNotReady: {
    of: ["Ready=False"],
    kinds: cluster,
    meaning: "Some of its instances are not ready, or not there.",
    remedy: "Look at the conditions of those, and at its own condition Degraded.",
  },
  NotSupported: {
    of: ["FieldsIgnored=True"],
    kinds: `${zone}, ${instance}, ${cluster}`,
    meaning: "Fields are set that are accepted and not acted on; the message names each.",
    remedy: "Take them away, or wait for a version that acts on them.",
    event: "Warning",
  },
  Deleting: {
    of: ["Ready=False"],
    kinds: `${record}, ${zone}, ${instance}, ${cluster}`,
    meaning:
      "It is being deleted, and somebody's finalizer holds it, which the message names. Nothing is made for it any more.",
    remedy: "Have whoever set the finalizer take it away.",
  },
  AllActedOn: {
    of: ["FieldsIgnored=False"],
    kinds: `${zone}, ${instance}, ${cluster}`,
    meaning: "No such field is set any more.",
    remedy: nothing,
  },
} as const satisfies Readonly<Record<string, ReasonEntry>>;

/** The reason of a condition. */
export type Reason = keyof typeof reasons;
