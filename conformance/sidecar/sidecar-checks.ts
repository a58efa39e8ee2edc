// What is checked of a sidecar: the answers that anybody gets, those of the gate, and, only where it is allowed, what
// gives the lease up.
import { leaderAnswerSchema } from "../../contract/answer.ts";
import { expect } from "../check.ts";
import type { Rule } from "../../contract/rules.ts";
import { answerOf, type Answered, type SidecarBench } from "./bench.ts";
import type { Reply } from "./line.ts";

export interface SidecarCheck {
  readonly name: string;
  /** Whether it can be seen on a leader alone, and whether it gives up the lease. */
  readonly needs: "nothing" | "leader" | "step-down";
  /** Resolves with why it could not be seen here, if it could not. */
  run(bench: SidecarBench): Promise<string | undefined>;
}

const fields: SidecarCheck = {
  name: "GET /leader: 200, every field of its type, and nothing promised by who does not lead",
  needs: "nothing",
  async run(bench) {
    const reply = await bench.plain("/leader");
    expect(reply.status === 200, "S1", `status ${reply.status}`, "200");
    const type = reply.headers["content-type"] ?? "none";
    expect(type.startsWith("application/json"), "S1", `Content-Type ${type}`, "application/json");
    const body = (reply.json ?? {}) as Readonly<Record<string, unknown>>;
    for (const [field, { type: wanted }] of Object.entries(leaderAnswerSchema.properties)) {
      const isRight = [wanted].flat().some((name) => isOfType(body[field], name));
      expect(isRight, "S1", `${field}: ${JSON.stringify(body[field])}`, [wanted].flat().join(" or "));
    }
    const { isLeader, validForMs, fencingToken } = body;
    const isPlain = isLeader === true || (validForMs === 0 && fencingToken === null);
    expect(
      isPlain,
      "S1",
      `validForMs ${JSON.stringify(validForMs)} without isLeader`,
      "0, and fencingToken null",
    );
    answerOf(reply, "S1");
    return undefined;
  },
};

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case "null":
      return value === null;
    default:
      return typeof value === type && value !== null;
  }
}

const refusesOthers: SidecarCheck = {
  name: "421 to a caller that takes it for another pod's sidecar, and to the right one the answer",
  needs: "nothing",
  async run(bench) {
    const { identity } = answerOf(await bench.plain("/leader"), "S1");
    for (const target of ["/leader", "/leader/held", "/leader?gate=a"]) {
      const asked = `${target}${target.includes("?") ? "&" : "?"}pod=`;
      const other = await bench.plain(`${asked}${identity}-not`);
      expect(other.status === 421, "S14", `${other.status} to ${asked}OTHER`, "421");
      const own = await bench.plain(`${asked}${encodeURIComponent(identity)}`);
      expect(own.status !== 421, "S14", `${own.status} to its own pod`, "its answer");
    }
    return undefined;
  },
};

const noStore: SidecarCheck = {
  name: "Cache-Control: no-store on every answer",
  needs: "nothing",
  async run(bench) {
    for (const target of ["/leader", "/leader/held", "/leader?colour=red"]) {
      const given = (await bench.plain(target)).headers["cache-control"] ?? "none";
      expect(/no-store/.test(given), "S2", `${target} with Cache-Control ${given}`, "no-store");
    }
    return undefined;
  },
};

const held: SidecarCheck = {
  name: "/leader/held: the same body, with 200 from a leader and 503 from anybody else; HEAD of both as GET",
  needs: "nothing",
  async run(bench) {
    const reply = await bench.plain("/leader/held");
    const { isLeader } = answerOf(reply, "S3");
    const wanted = isLeader ? 200 : 503;
    expect(reply.status === wanted, "S3", `${reply.status} with isLeader ${isLeader}`, String(wanted));
    for (const target of ["/leader", "/leader/held"]) {
      const get = await bench.plain(target);
      const head = await bench.plain(target, "HEAD");
      // Between the two it may have won or lost the lease.
      const again = await bench.plain(target);
      const isSame = head.status === get.status || head.status === again.status;
      expect(isSame, "S3", `HEAD ${target}: ${head.status}`, `${get.status}, as GET`);
      expect(head.text === "", "S3", `HEAD ${target} with a body`, "none");
    }
    return undefined;
  },
};

const badInput: SidecarCheck = {
  name: "bad input is a 400 that names the field; wait without gate is one",
  needs: "nothing",
  async run(bench) {
    for (const [query, field] of [
      ["colour=red", "colour"],
      ["gate=", "gate"],
      ["gate=a%20b", "gate"],
      [`gate=${"x".repeat(64)}`, "gate"],
      ["wait=1", "wait"],
      ["gate=a&wait=-1", "wait"],
      ["gate=a&wait=soon", "wait"],
      [`gate=a&wait=${bench.renewDeadlineMs / 4000 + 1}`, "wait"],
      ["gate=a&index=x", "index"],
      ["gate=a&index=1.5", "index"],
    ] as const) {
      const reply = await bench.plain(`/leader?${query}`);
      expectError("S4", `GET /leader?${query.slice(0, 30)}`, reply, 400, field);
    }
    return undefined;
  },
};

function expectError(rule: Rule, what: string, reply: Reply, status: number, field: string | null): void {
  expect(reply.status === status, rule, `${reply.status} to ${what}`, String(status));
  const { error } = (reply.json ?? {}) as { error?: { code?: unknown; message?: unknown; field?: unknown } };
  const isNamed = field === null || error?.field === field;
  expect(isNamed, rule, `field ${JSON.stringify(error?.field)} for ${what}`, JSON.stringify(field));
  const isWhole = typeof error?.code === "string" && typeof error.message === "string";
  expect(isWhole, rule, `${reply.text.slice(0, 100)} for ${what}`, `{"error": {"code", "message", "field"}}`);
}

const wrongMethod: SidecarCheck = {
  name: "a wrong method is a 405 that says which are right",
  needs: "nothing",
  async run(bench) {
    for (const [method, target] of [
      ["POST", "/leader"],
      ["PUT", "/leader"],
      ["DELETE", "/leader/held"],
    ] as const) {
      const reply = await bench.plain(target, method);
      expectError("S5", `${method} ${target}`, reply, 405, null);
      const allow = reply.headers.allow ?? "";
      expect(
        /\bGET\b/.test(allow),
        "S5",
        `Allow: ${allow || "none"} for ${target}`,
        "one that has GET in it",
      );
    }
    return undefined;
  },
};

const loopbackOnly: SidecarCheck = {
  name: "a Host that is not a loopback name is refused",
  needs: "nothing",
  async run(bench) {
    for (const host of ["evil.example", "127.0.0.1.evil.example:4040", "10.0.0.1"]) {
      const { status } = await bench.plain("/leader", "GET", { host });
      expect(status >= 400 && status < 500, "S11", `${status} to Host: ${host}`, "4xx");
    }
    for (const host of ["localhost", "127.0.0.1:4040"]) {
      const { status } = await bench.plain("/leader", "GET", { host });
      expect(status === 200, "S11", `${status} to Host: ${host}`, "200");
    }
    return undefined;
  },
};

const oneGate: SidecarCheck = {
  name: "while one connection is the gate, another that asks as a gate is answered 409",
  needs: "nothing",
  async run(bench) {
    await bench.gate();
    const second = bench.line();
    try {
      const reply = await second.ask("/leader?gate=second");
      expectError("S7", "a second gate", reply, 409, null);
      // The refused one may ask again on its connection, and the gate stays the gate.
      expectError("S7", "a second gate", await second.ask("/leader?gate=second"), 409, null);
      await bench.gate();
    } finally {
      second.end();
    }
    return undefined;
  },
};

const heldPoll: SidecarCheck = {
  name: "a poll is held until the state changes or the wait is over, and not at all with another index",
  needs: "nothing",
  async run(bench) {
    const waitMs = bench.renewDeadlineMs / 4;
    const more = (index: number): string => `&wait=${waitMs / 1000}&index=${index}`;
    for (let turn = 0; turn < 3; turn += 1) {
      const { answer } = await bench.gate();
      const poll = await bench.gate(more(answer.index));
      const tookMs = tookOf(poll);
      const isNews = poll.answer.index !== answer.index;
      const early = `the same index after ${Math.round(tookMs)} ms`;
      expect(isNews || tookMs >= waitMs - 30, "S6", early, `another index, or ${waitMs} ms`);
      expect(tookMs < waitMs + 2000, "S6", `an answer after ${Math.round(tookMs)} ms`, `${waitMs} ms`, true);
    }
    const { answer } = await bench.gate();
    const tookMs = tookOf(await bench.gate(more(answer.index > 0 ? answer.index - 1 : 999_999)));
    const seen = `an answer after ${Math.round(tookMs)} ms to an index that is not the present one`;
    expect(tookMs < waitMs * 0.8, "S6", seen, "one at once", true);
    return undefined;
  },
};

function tookOf({ reply }: Answered): number {
  return reply.receivedMs - reply.sentMs;
}

const twoSeconds: SidecarCheck = {
  name: "a leader promises anybody but its gate two seconds at most",
  needs: "leader",
  async run(bench) {
    for (const target of ["/leader", "/leader/held", "/leader"]) {
      const { isLeader, validForMs } = answerOf(await bench.plain(target), "S8");
      expect(validForMs <= 2000, "S8", `validForMs ${validForMs} from ${target}`, "2000 at most");
      const isEmpty = isLeader && validForMs === 0;
      expect(!isEmpty, "S1", `isLeader: true from ${target} with validForMs 0`, "a promise", true);
    }
    return undefined;
  },
};

const withinDeadline: SidecarCheck = {
  name: "no promise to the gate is longer than the renew deadline",
  needs: "leader",
  async run(bench) {
    for (let turn = 0; turn < 10; turn += 1) {
      const { answer } = await bench.gate();
      const { validForMs } = answer;
      const most = `${bench.renewDeadlineMs} at most (--renew-deadline says what it is)`;
      expect(validForMs <= bench.renewDeadlineMs, "S9", `validForMs ${validForMs}`, most);
      await bench.clock.sleep(bench.renewDeadlineMs / 40);
    }
    return undefined;
  },
};

/** Two answers of one state tell of the same end, up to the time that each of them was under way. */
const countsDown: SidecarCheck = {
  name: "the promise counts down from answer to answer",
  needs: "leader",
  async run(bench) {
    const gapMs = Math.max(100, Math.min(500, bench.renewDeadlineMs / 20));
    for (let turn = 0; turn < 40; turn += 1) {
      const first = await bench.gate();
      await bench.clock.sleep(gapMs);
      const second = await bench.gate();
      if (!first.answer.isLeader || first.answer.index !== second.answer.index) continue;
      if (first.answer.reason === "Disabled") return "election is disabled: each promise is a new one";
      const fellMs = first.answer.validForMs - second.answer.validForMs;
      const leastMs = second.reply.sentMs - first.reply.receivedMs - 30;
      const mostMs = second.reply.receivedMs - first.reply.sentMs + 30;
      const seen = `a promise ${fellMs} ms shorter after ${Math.round(leastMs + 30)} ms of the same state`;
      expect(fellMs >= leastMs && fellMs <= mostMs, "S10", seen, "as much shorter as time has passed", true);
      return undefined;
    }
    return "its state changed all the time";
  },
};

const followsGate: SidecarCheck = {
  name: "the end of the gate's connection gives the lease up",
  needs: "step-down",
  async run(bench) {
    bench.endGate();
    await notLeading(bench, "S13", "after the gate's connection ended");
    return undefined;
  },
};

async function notLeading(bench: SidecarBench, rule: Rule, after: string): Promise<void> {
  const boundMs = 5000;
  const endMs = bench.clock.now().waitMs + boundMs;
  for (;;) {
    const { isLeader } = answerOf(await bench.plain("/leader"), "S1");
    if (!isLeader) return;
    const isOver = bench.clock.now().waitMs > endMs;
    expect(!isOver, rule, `isLeader: true ${boundMs / 1000} s ${after}`, "isLeader: false at once", true);
    await bench.clock.sleep(100);
  }
}

const stepsDown: SidecarCheck = {
  name: "DELETE /leader: 202 from a leader, whose next answer says no; 409 when there is nothing to give up",
  needs: "step-down",
  async run(bench) {
    const reply = await bench.plain("/leader", "DELETE");
    expect(reply.status === 202, "S12", `${reply.status} to DELETE /leader`, "202");
    const { isLeader } = answerOf(await bench.plain("/leader"), "S1");
    expect(!isLeader, "S10", "isLeader: true right after DELETE /leader was answered 202", "isLeader: false");
    bench.endGate();
    const endMs = bench.clock.now().waitMs + 20_000;
    for (;;) {
      const again = await bench.plain("/leader", "DELETE");
      if (again.status === 409) return undefined;
      const isOver = bench.clock.now().waitMs > endMs;
      expect(!isOver, "S12", `${again.status} to DELETE /leader, 20 s after a first`, "409", true);
      await bench.clock.sleep(500);
    }
  },
};

/** In the order in which they are carried out: what gives up the lease is last. */
export const sidecarChecks: readonly SidecarCheck[] = [
  fields,
  refusesOthers,
  noStore,
  held,
  badInput,
  wrongMethod,
  loopbackOnly,
  oneGate,
  heldPoll,
  twoSeconds,
  withinDeadline,
  countsDown,
  followsGate,
  stepsDown,
];
