// The playground on a machine without BIND: the zone is served all the same, and it is said by what.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createDashboardServer } from "./dashboard/server.ts";
import type { QueryAnswer } from "./dashboard/state.ts";
import { welcome } from "./dashboard/terminal.ts";
import { clock, eventually, leaderOtherThan, startTestPlayground } from "./playground-fixture.ts";
import type { Playground } from "./playground.ts";

describe("the playground without named", { timeout: 120_000 }, () => {
  let playground: Playground;
  let server: ReturnType<typeof createDashboardServer>;
  const headers = { host: "127.0.0.1:4400" };

  before(async () => {
    playground = await startTestPlayground({ portsFrom: 900, replicas: 1, isNamedHidden: true });
    server = createDashboardServer(playground, clock);
    await leaderOtherThan(playground, "");
  });
  after(async () => {
    await server?.close();
    await playground?.close();
  });

  const ask = async (): Promise<QueryAnswer> =>
    (await server.inject({ method: "GET", url: "/api/query", headers })).json<QueryAnswer>();

  it("says in one line what serves the zone, and what brings the real one", async () => {
    const { nameServer, advice } = await playground.state();
    assert.equal(nameServer?.isStandIn, true);
    assert.match(advice ?? "", /^A stand-in serves the zone, .*apt install bind9/);
    const to = { pageUrl: "http://127.0.0.1:4400/", leaderPort: 4040, isOwnCluster: true };
    const printed = welcome(playground, to, { write: () => {}, isPlain: true });
    assert.ok(printed.includes(advice ?? "no advice") && printed.includes("dig @127.0.0.1"), printed);
  });

  it("serves what was changed, also by one that was killed and came back", async () => {
    const serials: number[] = [];
    for (const address of ["198.51.100.7", "198.51.100.8"]) {
      const payload = { address };
      await server.inject({ method: "PUT", url: "/api/record", headers, payload });
      const serial = await eventually(playground, `an answer with ${address}`, async () => {
        const answer = await ask();
        return answer.addresses[0] === address && answer.serial;
      });
      serials.push(serial);
    }
    assert.ok((serials[1] ?? 0) > (serials[0] ?? 0), `the serials were ${serials.join(", ")}`);
    playground.nameServer?.named.kill();
    await eventually(playground, "the same answer after its restart", async () => {
      const answer = await ask();
      return (
        answer.addresses[0] === "198.51.100.8" &&
        answer.serial === serials[1] &&
        playground.nameServer?.named.restarts() === 1
      );
    });
  });
});
