// A supervised process, with real and tiny ones: what ends comes back, until it is told to end for good.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import { createContainer, type Container } from "./container.ts";
import { createProcessTable } from "./process-table.ts";
import { eventually } from "../../test/kit/eventually.ts";

const clock = createSystemClock();
const limitMs = 20_000;
const forever = ["sh", "-c", "echo up; exec sleep 600"];

function start(
  context: TestContext,
  command: readonly string[],
  on: Clock = clock,
  processes = createProcessTable(),
): Container {
  const container = createContainer({
    name: "tiny",
    command,
    environment: { PATH: process.env["PATH"] ?? "", GREETING: "hello" },
    processes,
    clock: on,
    onChange: () => {},
  });
  context.after(() => container.remove());
  container.start();
  latest = container;
  return container;
}

// Whose lines and end are told if something does not come.
let latest: Container | null = null;

async function until(what: string, isSo: () => boolean): Promise<void> {
  const seen = (): string =>
    latest === null
      ? ""
      : `pid ${latest.pid()}, ${latest.restarts()} restarts\n${linesOf(latest).join("\n")}`;
  await eventually(isSo, what, { limitMs, everyMs: 10, seen });
}

const linesOf = (container: Container): string[] =>
  container
    .log()
    .lines()
    .map(({ text }) => text);

test("it runs with the given environment alone, and its lines are kept", async (context) => {
  const container = start(context, ["sh", "-c", "echo $GREETING; echo ${HOME-none} >&2; exec sleep 600"]);
  await until("its lines", () => linesOf(container).length === 2);
  assert.deepEqual(linesOf(container).toSorted(), ["hello", "none"]);
  assert.equal(container.restarts(), 0);
  assert.ok((container.pid() ?? 0) > 1);
});

test("a killed one comes back, as another process, with its former lines apart", async (context) => {
  const container = start(context, forever);
  await until("it", () => linesOf(container).includes("up"));
  const former = container.pid();
  container.kill();
  await until("its restart", () => container.restarts() === 1 && linesOf(container).includes("up"));
  assert.notEqual(container.pid(), former);
  assert.deepEqual(
    container
      .previousLog()
      ?.lines()
      .map(({ text }) => text),
    ["up"],
  );
});

test("a container that ends at once comes back less and less often", async (context) => {
  const delays: number[] = [];
  // The pauses are written down, and waited for a hundredth as long.
  const hasty: Clock = {
    ...clock,
    schedule(delayMs, callback) {
      delays.push(delayMs);
      return clock.schedule(delayMs / 100, callback);
    },
  };
  const container = start(context, ["false"], hasty);
  await until("seven restarts", () => container.restarts() >= 7);
  await container.remove();
  assert.deepEqual(delays.slice(0, 7), [300, 600, 1200, 2400, 4800, 9600, 10_000]);
});

test("a container whose program is not there says so, and is tried again", async (context) => {
  const container = start(context, ["/no/such/program"]);
  await until("a second try", () => container.restarts() >= 1);
  const lines = [...(container.previousLog()?.lines() ?? []), ...container.log().lines()];
  assert.ok(
    lines.some(({ text }) => text.includes("ENOENT")),
    "nobody would know why it does not run",
  );
  assert.equal(container.pid(), null);
});

test("a frozen one stands still, and goes on when thawed", async (context) => {
  const container = start(context, ["sh", "-c", "while :; do echo tick; sleep 0.02; done"]);
  await until("a tick", () => linesOf(container).length > 0);
  container.freeze();
  assert.equal(container.isFrozen(), true);
  await clock.sleep(150);
  const before = linesOf(container).length;
  await clock.sleep(150);
  assert.equal(linesOf(container).length, before);
  container.thaw();
  assert.equal(container.isFrozen(), false);
  await until("another tick", () => linesOf(container).length > before);
});

test("terminated gently it may finish, even when frozen, and does not come back", async (context) => {
  const script = 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.02; done';
  const container = start(context, ["sh", "-c", script]);
  await until("it", () => linesOf(container).includes("up"));
  container.freeze();
  await container.terminate(10_000);
  assert.deepEqual(linesOf(container), ["up", "bye"]);
  assert.equal(container.pid(), null);
  await clock.sleep(400);
  assert.equal(container.restarts(), 0);
});

test("a container that does not end gently is killed when the grace is over", async (context) => {
  const container = start(context, ["sh", "-c", 'trap "" TERM; echo up; while :; do sleep 0.02; done']);
  await until("it", () => linesOf(container).includes("up"));
  await container.terminate(100);
  assert.equal(container.pid(), null);
});

test("removed while it waits for its restart, it stays away", async (context) => {
  const container = start(context, ["false"]);
  await until("its end", () => container.pid() === null);
  await container.remove();
  const restarts = container.restarts();
  await clock.sleep(700);
  assert.equal(container.restarts(), restarts);
});

test("removed or terminated before it was ever started, it is done at once", async () => {
  const options = {
    name: "never",
    command: ["true"],
    environment: {},
    processes: createProcessTable(),
    clock,
    onChange: () => {},
  };
  await createContainer(options).remove();
  await createContainer(options).terminate(1000);
});

test("when all are killed at once, those that would come back are killed as well", async (context) => {
  const processes = createProcessTable();
  const container = start(context, forever, clock, processes);
  await until("it", () => linesOf(container).includes("up"));
  processes.killAll();
  // Left alone it would sleep for longer than this waits.
  await until("its restart, and the end of that", () => container.restarts() > 0 && container.pid() === null);
});
