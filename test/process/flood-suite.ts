// A thousand connections at full speed on the loopback: the term goes on, renewals go on, a gate that is there keeps its
// answers, and one that comes while it lasts finds the door open.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ContractTarget } from "../contract/target.ts";
import {
  clock,
  eventually,
  follow,
  leasePath,
  run,
  startCluster,
  type Cluster,
} from "../kit/sidecar-cluster.ts";

const floodProgram = fileURLToPath(new URL("./flood-program.ts", import.meta.url));
const connections = 1000;
const floodMs = 4000;

export function describeFloods(server: string, target: () => ContractTarget): void {
  describe(`${server}: a flood on the loopback`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    async function renewTime(): Promise<string> {
      const { body } = await cluster.api.call("GET", leasePath);
      return String(body.spec?.["renewTime"]);
    }

    async function opensLater(port: number, fencingToken: string | null): Promise<void> {
      const gate = follow(port);
      try {
        await eventually(() => gate.current() !== null, "a gate that comes now opens, too");
        assert.equal(gate.assertOpen().fencingToken, fencingToken);
      } finally {
        await gate.close();
      }
    }

    for (const kind of ["ask", "poll", "slow", "pipeline"] as const) {
      it(`of ${connections} connections (${kind}): same term, renewals, and a gate that comes later opens`, async () => {
        const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
        const port = Number(sidecar.environment["LEADER_PORT"]);
        const gate = follow(port);
        await eventually(() => gate.current() !== null, "the gate opens");
        const term = gate.assertOpen();
        const flood = run([floodProgram, String(port), String(connections), kind], {});
        try {
          await eventually(() => hasSpread(flood.output(), kind), `it floods: ${flood.output()}`);
          const renewals = new Set<string>();
          const endMs = clock.now().waitMs + floodMs;
          while (clock.now().waitMs < endMs) {
            gate.assertOpen(term);
            renewals.add(await renewTime());
            await clock.sleep(50);
          }
          // Due every half second.
          assert.ok(renewals.size >= 4, `${renewals.size} renewals`);
          await gate.close();
          // Of those that ask as gates the first is the gate: that is what they are promised.
          if (kind !== "poll") await opensLater(port, term.fencingToken);
        } finally {
          flood.child.kill("SIGKILL");
          await flood.exited;
          await gate.close();
        }
      });
    }
  });
}

/** Whether the flood is as large as the sidecar lets it be, and where it asks, has been answered. */
function hasSpread(output: string, kind: string): boolean {
  const last = output.trim().split("\n").at(-1) ?? "";
  if (last === "") return false;
  const { open, answers } = JSON.parse(last) as { open: number; answers: number };
  // Each of these is ended as soon as it is heard.
  if (kind === "pipeline") return true;
  return open >= 200 && (kind === "slow" || answers >= 1000);
}
