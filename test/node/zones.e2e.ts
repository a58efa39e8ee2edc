// Zones on a real cluster: the examples, asked for from another pod over the Service, while named itself and its pods come and go, and
// with no operator at all. (A fail-over of the operator meanwhile is in test/guide/.)
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { containerOf, createInstallation, isReady, namespace } from "./installation.ts";
import { createZones, instanceSelector, type Condition, type ZoneFile } from "./zones.ts";

const bindy = createInstallation();
const zones = createZones(bindy);
const { addresses, changeRecord, loadedSerial, patchInstance, readyInstance, whileAsked } = zones;

before(async () => {
  await bindy.install();
  await zones.applyExamples();
});
after(async () => await bindy.close());

test("an instance gets its pods ready, and the Service answers over UDP and TCP", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  assert.match(await bindy.sh("kubectl get bind9instances,dnszones,arecords -A"), /example\.com/);
  await loadedSerial(0);
  const found = await addresses(serviceAddress, "www.example.com");
  assert.deepEqual([...found].toSorted(), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  const dig = `kubectl exec -n ${namespace} ${pod?.metadata.name} -c named -- dig @${serviceAddress}`;
  assert.match(await bindy.sh(`${dig} +tcp example.com SOA +short`), /^ns1\.example\.com\. hostmaster/);
  assert.equal((await bindy.sh(`${dig} example.com A +short`)).trim(), "192.0.2.10");
  assert.match(await bindy.sh(`${dig} version.bind chaos txt`), /NXDOMAIN|REFUSED|ANSWER: 0/);
});

test("a changed record reaches every pod, under a larger serial", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  await changeRecord("192.0.2.77");
  await loadedSerial(serial);
  const found = await addresses(serviceAddress, "www.example.com");
  assert.deepEqual([...found].toSorted(), ["192.0.2.10", "192.0.2.11", "192.0.2.77"]);
});

test("a named that is killed comes back with its zones", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  assert.ok(pod);
  // The agent shares the pod's processes with named, and runs as the same user.
  const code = `
    const fs = require("node:fs");
    const comm = pid => { try { return fs.readFileSync("/proc/" + pid + "/comm", "utf8").trim(); } catch { return ""; } };
    const [pid] = fs.readdirSync("/proc").filter(name => /named$/.test(comm(name)));
    process.kill(Number(pid), "SIGKILL");`;
  await bindy.sh(`kubectl exec -n ${namespace} ${pod.metadata.name} -c agent -- node -e '${code}'`);
  await bindy.until("the restart of named", async () => {
    const again = (await bindy.pods(instanceSelector)).find(
      ({ metadata }) => metadata.uid === pod.metadata.uid,
    );
    assert.ok(again, "the pod stays");
    const { restartCount } = containerOf(again, "named");
    return restartCount > containerOf(pod, "named").restartCount && isReady(again) ? again : null;
  });
  const dig = `kubectl exec -n ${namespace} ${pod.metadata.name} -c named -- dig @127.0.0.1 -p 5353`;
  assert.match(await bindy.sh(`${dig} example.com SOA +short`), new RegExp(` ${serial} `));
  assert.ok((await addresses(serviceAddress, "example.com")).length > 0);
  assert.equal(containerOf(pod, "agent").restartCount, 0);
});

test("a change of the configuration rolls the pods, and names go on being answered", async () => {
  await readyInstance(2);
  const { standbys } = await bindy.settled();
  const old = await bindy.readyPods(2, instanceSelector);
  const { asked, failed } = await whileAsked(standbys[0]?.metadata.name ?? "", async () => {
    await patchInstance({ config: { recursion: false, allowQuery: ["any"], allowTransfer: ["localhost"] } });
    await bindy.until("two new pods", async () => {
      const now = await bindy.pods(instanceSelector);
      const isNew = now.every(({ metadata }) => old.every((each) => each.metadata.uid !== metadata.uid));
      return now.length === 2 && isNew && now.every(isReady) ? now : null;
    });
  });
  assert.ok(asked > 0);
  assert.deepEqual(failed, []);
  await loadedSerial(0);
});

test("a pod of the instance that is deleted is replaced by one that serves the same serial", async () => {
  await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  await bindy.sh(`kubectl delete pod -n ${namespace} ${pod?.metadata.name}`);
  await bindy.readyPods(2, instanceSelector);
  assert.equal(await loadedSerial(0), serial);
  await bindy.until("a list of the pods that are", async () => {
    const path = `kubectl get zonefile -n ${namespace} primary.example.com -o json`;
    const { status } = await bindy.json<ZoneFile>(path);
    return pod !== undefined && pod.metadata.name in (status?.loaded ?? {}) ? null : status;
  });
});

test("without the operator names are still answered, and a new installation goes on from there", async () => {
  const { serviceAddress = "" } = await readyInstance(2);
  const serial = await loadedSerial(0);
  const [pod] = await bindy.readyPods(2, instanceSelector);
  await bindy.sh(`helm uninstall bindy --namespace ${namespace} --wait --timeout 2m`, 180_000);
  const dig = `kubectl exec -n ${namespace} ${pod?.metadata.name} -c named -- dig @${serviceAddress}`;
  assert.equal((await bindy.sh(`${dig} example.com A +short`)).trim(), "192.0.2.10");
  await bindy.install();
  await bindy.settled();
  await changeRecord("192.0.2.79");
  await loadedSerial(serial);
});

test("what an instance owns goes with it", async () => {
  await readyInstance(2);
  await bindy.sh(`kubectl delete bind9instance -n ${namespace} primary`);
  const kinds =
    "deployments,services,configmaps,serviceaccounts,roles,rolebindings,poddisruptionbudgets,zonefiles,pods";
  await bindy.until("nothing left of it", async () => {
    const left = await bindy.sh(`kubectl get ${kinds} -n ${namespace} -l ${instanceSelector} -o name`);
    return left.trim() === "" ? true : null;
  });
  const zone = await bindy.json<{ status: { conditions: Condition[] } }>(
    `kubectl get dnszone -n ${namespace} example-com -o json`,
  );
  const ready = zone.status.conditions.find(({ type }) => type === "Ready");
  assert.equal(ready?.status, "False", ready?.message);
});
