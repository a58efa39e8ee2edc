// Real sidecar processes on some API server: how they start, what they say of what is wrong, and how they end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { clock, eventually, follow, run, startCluster, type Cluster, leads } from "../kit/sidecar-cluster.ts";

export function describeSidecars(server: string, target: () => ContractTarget): void {
  describe(`${server}: sidecars`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    describe("the labels of its pod", () => {
      it("are set while it runs, follow the lead, and say standby at the end", async () => {
        const core = "/api/v1/namespaces/default";
        await cluster.api.call("POST", `${core}/serviceaccounts`, {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "default" },
        });
        const made = await cluster.api.call("POST", `${core}/pods`, {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "a" },
          spec: { containers: [{ name: "main", image: "none" }], automountServiceAccountToken: false },
        });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const { uid } = made.body["metadata"] as { uid: string };
        const role = async (): Promise<string> => {
          const { body } = await cluster.api.call("GET", `${core}/pods/a`);
          const { labels = {} } = body["metadata"] as { labels?: Record<string, string> };
          const { "statefulset.kubernetes.io/pod-name": name, "bindy.firestoned.io/role": said } = labels;
          return `${name} ${said}`;
        };
        const labelled = { POD_LABELS: "true", POD_UID: uid, OPERATOR_TIMEOUT_SECONDS: "10" };
        const sidecar = await cluster.startPod("a", labelled);
        await eventually(async () => (await role()) === "a standby", "a standby before it is asked");
        const gate = follow(Number(sidecar.environment["LEADER_PORT"]));
        await eventually(async () => (await role()) === "a leader", "the leader");
        sidecar.child.kill("SIGTERM");
        await gate.close();
        assert.equal(await sidecar.exited, 0, sidecar.output());
        assert.equal(await role(), "a standby");
        await cluster.api.call("DELETE", `${core}/pods/a?gracePeriodSeconds=0`);
      });

      it("are left out, with a word, where nothing says which pod it is", async () => {
        const sidecar = await cluster.startPod("a", { POD_LABELS: "true", POD_UID: "" });
        await eventually(() => sidecar.output().includes("POD_LABELS is true, but"), "the word");
        await eventually(() => leads(sidecar), "the election goes on");
      });
    });

    describe("the start", () => {
      it("reports all that is wrong in the environment at once, and ends with 2", async () => {
        const program = run(["sidecar/main.ts"], { LEASE_NAME: "No", LEADER_PORT: "x", POD_NAME: "" });
        assert.equal(await program.exited, 2);
        for (const word of ["CONFIG_INVALID", "LEASE_NAME", "LEADER_PORT", "POD_NAME"]) {
          assert.ok(program.output().includes(word), word);
        }
      });

      it("names a port that is in use, and ends with 1, whichever of the two it is", async () => {
        for (const variable of ["LEADER_PORT", "HEALTH_PORT"]) {
          const environment = await cluster.environment("a", await cluster.proxy());
          const squatter = createServer();
          const host = variable === "HEALTH_PORT" ? "::" : "127.0.0.1";
          squatter.listen(Number(environment[variable]), host);
          await once(squatter, "listening");
          const sidecar = cluster.sidecar(environment);
          assert.equal(await sidecar.exited, 1);
          assert.match(sidecar.output(), /LISTEN_FAILED/);
          assert.ok(
            sidecar.output().includes(`${environment[variable]} (${variable}): it is in use`),
            sidecar.output(),
          );
          squatter.close();
        }
      });

      it("says so when there is neither a cluster nor a kubeconfig, and ends with 1", async () => {
        const environment = await cluster.environment("a", await cluster.proxy(), {
          KUBECONFIG: "/nowhere/config",
        });
        const sidecar = cluster.sidecar(environment);
        assert.equal(await sidecar.exited, 1);
        assert.match(sidecar.output(), /ACCESS_UNUSABLE\n.*\/nowhere\/config/);
      });

      it("waits for an API server that is away, or talks nonsense, and says why meanwhile", async () => {
        const proxy = await cluster.proxy();
        proxy.set("away");
        const sidecar = cluster.sidecar(await cluster.environment("a", proxy));
        await eventually(async () => (await sidecar.ask())?.reason === "ApiServerUnreachable", "unreachable");
        assert.equal(
          (await fetch(`http://127.0.0.1:${sidecar.environment["HEALTH_PORT"]}/readyz`)).status,
          503,
        );
        assert.equal(
          (await fetch(`http://127.0.0.1:${sidecar.environment["HEALTH_PORT"]}/livez`)).status,
          200,
        );
        proxy.set("nonsense");
        await clock.sleep(1000);
        assert.equal((await sidecar.ask())?.isLeader, false);
        proxy.set("pass");
        await eventually(() => leads(sidecar), "it leads once the server is there");
        assert.equal(
          (await fetch(`http://127.0.0.1:${sidecar.environment["HEALTH_PORT"]}/readyz`)).status,
          200,
        );
      });

      it("tells the whole story at RUST_LOG=debug: requests, watch, standing, and what the gate was promised", async () => {
        const sidecar = await cluster.startPod("a", { RUST_LOG: "debug" });
        const gate = follow(Number(new URL(sidecar.url).port));
        try {
          const tells = (message: RegExp, ...fields: readonly string[]): boolean =>
            linesOf(sidecar.output()).some(
              (line) => message.test(String(line["message"])) && fields.every((field) => field in line),
            );
          for (const [message, ...fields] of [
            [/^Write of the lease: written/, "resourceVersion", "tookMs", "leaseTransitions"],
            [/^Read of the lease: /, "tookMs"],
            [/^Watch of the lease: (started|changed)/],
            [/^Standing: Leading/, "stance", "isOperatorThere", "validForMs"],
            [/^GET \/leader\?gate=test.*: 200/, "isLeader", "validForMs", "reason"],
          ] as const)
            await eventually(() => tells(message, ...fields), `${message} in ${sidecar.output()}`);
        } finally {
          await gate.close();
        }
        const plain = await cluster.startPod("b");
        await eventually(async () => (await plain.ask()) !== null, "b answers");
        assert.doesNotMatch(plain.output(), /"level":"debug"/);
      });

      it("always leads with the election disabled, and warns", async () => {
        const sidecar = await cluster.startPod("a", {
          ENABLE_LEADER_ELECTION: "false",
          KUBECONFIG: "/nowhere",
        });
        await eventually(() => leads(sidecar), "it leads");
        const answer = await sidecar.ask();
        assert.deepEqual([answer?.reason, answer?.fencingToken], ["Disabled", null]);
        assert.match(sidecar.output(), /scale to a single replica/);
        const health = `http://127.0.0.1:${sidecar.environment["HEALTH_PORT"]}/metrics`;
        const metrics = await (await fetch(health)).text();
        const other = await cluster.startPod("b");
        await eventually(() => leads(other), "b leads");
        const theirs = await (
          await fetch(`http://127.0.0.1:${other.environment["HEALTH_PORT"]}/metrics`)
        ).text();
        const kinds = (text: string): readonly string[] => text.match(/^# TYPE .*$/gm) ?? [];
        assert.deepEqual(kinds(metrics), kinds(theirs), "the same metrics, with their types");
        assert.match(metrics, /^bindy_is_leader 1$/m);
        sidecar.child.kill("SIGTERM");
        assert.equal(await sidecar.exited, 0);
      });
    });

    describe("the end", () => {
      it("drains, hands over, logs the successor, and exits with 0", async () => {
        const leader = await cluster.startPod("a");
        await eventually(() => leads(leader), "a leads");
        const standby = await cluster.startPod("b");
        await eventually(async () => (await standby.ask())?.name === "a", "b follows");
        // What this has promised must run out first: that is when the reason can be seen.
        await leader.ask();
        leader.child.kill("SIGTERM");
        await eventually(async () => (await leader.ask())?.reason === "Draining", "draining");
        assert.equal(await leader.exited, 0);
        // Its successor's own answer may still be under way.
        await eventually(() => leads(standby), "b leads");
        assert.match(leader.output(), /Lease acquired by b; Exiting/);
      });

      it("has posted what it had to tell as Events on the lease by then", async () => {
        const leader = await cluster.startPod("teller");
        // By the record: a question would cost a promise, and the end would wait for longer than Events do.
        await eventually(async () => (await cluster.holder()) === "teller", "it holds the lease");
        const standby = await cluster.startPod("b");
        await eventually(async () => (await standby.ask())?.name === "teller", "b follows");
        leader.child.kill("SIGTERM");
        assert.equal(await leader.exited, 0);
        const { body } = await cluster.api.call("GET", "/api/v1/namespaces/default/events");
        const { items } = body as { items: { message: string; involvedObject: { name: string } }[] };
        const told = items.filter(({ message }) => message.startsWith("teller "));
        assert.deepEqual(told.map(({ message }) => message).toSorted(), [
          "teller became leader",
          "teller stopped leading",
        ]);
        assert.deepEqual(
          new Set(told.map(({ involvedObject }) => involvedObject.name)),
          new Set(["bindy-leader"]),
        );
      });

      it("a second signal ends it at once", async () => {
        const leader = await cluster.startPod("a");
        await eventually(() => leads(leader), "a leads");
        leader.child.kill("SIGTERM");
        await eventually(() => leader.output().includes("draining"), "the first signal");
        leader.child.kill("SIGTERM");
        assert.equal(await leader.exited, 143);
      });

      it("ends in bounded time with the API server away", async () => {
        const proxy = await cluster.proxy();
        const leader = cluster.sidecar(await cluster.environment("a", proxy));
        await eventually(() => leads(leader), "a leads");
        proxy.set("silent");
        leader.child.kill("SIGTERM");
        assert.equal(await leader.exited, 0);
      });

      it("killed and restarted, it takes its own lease up again at once", async () => {
        const leader = await cluster.startPod("a", { LEASE_DURATION_SECONDS: "60" });
        await eventually(() => leads(leader), "a leads");
        const earlier = await leader.ask();
        leader.child.kill("SIGKILL");
        await leader.exited;
        const again = cluster.sidecar(leader.environment);
        // Anybody else would wait for a minute.
        await eventually(() => leads(again), "it leads again");
        const later = await again.ask();
        assert.equal(later?.term, (earlier?.term ?? 0) + 1);
      });
    });
  });
}

/** The lines of a log; what is cut short is not one yet. */
function linesOf(output: string): readonly Readonly<Record<string, unknown>>[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}
