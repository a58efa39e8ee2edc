// The pod's account: its token is read anew as it is replaced, and a file that vanishes stops nothing.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createHandClock } from "../fixtures/hand-clock.ts";
import { loadCredentials } from "./credentials.ts";

const minuteMs = 61_000;

test("a token that is replaced is used within a minute; one that vanishes, or is being written, leaves the last", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "account-"));
  context.after(() => rm(directory, { recursive: true }));
  const token = join(directory, "token");
  await writeFile(join(directory, "ca.crt"), "authority");
  await writeFile(token, "first\n");
  const clock = createHandClock();
  const warnings: string[] = [];
  const credentials = await loadCredentials({
    kubeconfig: undefined,
    serviceHost: "::1",
    servicePort: "443",
    accountDirectory: directory,
    clock,
    warn: (message) => warnings.push(message),
  });
  const bearer = async (): Promise<string | undefined> => (await credentials.headers())["authorization"];
  await writeFile(token, "second");
  assert.equal(await bearer(), "Bearer first", "read a moment ago");
  await clock.advance(minuteMs);
  assert.equal(await bearer(), "Bearer second");
  await rm(token);
  for (const _ of [1, 2]) {
    await clock.advance(minuteMs);
    assert.equal(await bearer(), "Bearer second");
  }
  assert.deepEqual(warnings, [`The token file ${token} cannot be read; going on with the last token`]);
  await writeFile(token, "");
  await clock.advance(minuteMs);
  assert.equal(await bearer(), "Bearer second");
  await writeFile(token, "third");
  await clock.advance(minuteMs);
  assert.equal(await bearer(), "Bearer third");
});

test("a token that is not there at the start is named", async () => {
  const options = { kubeconfig: undefined, serviceHost: "h", servicePort: "1", accountDirectory: "/nowhere" };
  await assert.rejects(loadCredentials({ ...options, clock: createHandClock(), warn: () => {} }), {
    code: "API_CONFIGURATION",
  });
});
