// A real sidecar process as a pod would run it: the files that the kubelet projects, an own port, its log lines.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../platform/clock.ts";
import { parseLeaderAnswer, type LeaderAnswer } from "../../contract/answer.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";

const program = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
const patienceMs = 60_000;

export interface SidecarProcess {
  /** Where its /leader is. */
  readonly origin: string;
  /** What a pod finds of its service account: token, ca.crt, namespace. */
  readonly accountDirectory: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
  /** What GET /leader says; null while it does not answer. */
  ask(): Promise<LeaderAnswer | null>;
  /** Asks, as an operator would, until an answer is as wanted; throws with the last answer and the log when it never is. */
  until(what: string, isTrue: (answer: LeaderAnswer) => boolean): Promise<LeaderAnswer>;
  /** The messages of its log so far. */
  messages(): readonly string[];
  /** The first message of its log that is as wanted; it may still be on its way when an answer has said as much. */
  said(what: string, isIt: (message: string) => boolean): Promise<string>;
  setToken(token: string): void;
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
}

export interface SidecarProcessOptions {
  readonly podName: string;
  readonly api: { readonly port: number; readonly certificateAuthority: string };
  readonly token: string;
  readonly namespace: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports: PortFinder;
  readonly clock: Clock;
}

export async function startSidecarProcess(options: SidecarProcessOptions): Promise<SidecarProcess> {
  const { podName, api, namespace, clock } = options;
  const directory = mkdtempSync(join(tmpdir(), "bindy-sidecar-"));
  const setToken = (token: string): void => writeFileSync(join(directory, "token"), token);
  setToken(options.token);
  writeFileSync(join(directory, "ca.crt"), api.certificateAuthority);
  writeFileSync(join(directory, "namespace"), namespace);
  const port = await options.ports.find(24_140);
  const child: ChildProcess = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(api.port),
      SERVICE_ACCOUNT_DIRECTORY: directory,
      POD_NAME: podName,
      LEADER_PORT: String(port),
      HEALTH_PORT: String(await options.ports.find(24_240)),
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines: string[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) lines.push((JSON.parse(part) as { message: string }).message);
  });

  async function ask(): Promise<LeaderAnswer | null> {
    try {
      return parseLeaderAnswer(await (await fetch(`http://127.0.0.1:${port}/leader`)).text());
    } catch {
      return null; // it does not listen yet, or any more: that is the answer
    }
  }

  /** Looks again and again until there is something to see; throws with the complaint when there never is. */
  async function patiently<T>(look: () => Promise<T | null>, complaint: () => string): Promise<T> {
    const startedMs = clock.now().waitMs;
    for (;;) {
      const seen = await look();
      if (seen !== null) return seen;
      if (clock.now().waitMs - startedMs > patienceMs) throw new Error(complaint());
      await clock.sleep(50);
    }
  }

  return {
    origin: `http://127.0.0.1:${port}`,
    accountDirectory: directory,
    ended,
    ask,
    async until(what, isTrue) {
      let answer: LeaderAnswer | null = null;
      return await patiently(
        async () => {
          answer = await ask();
          return answer !== null && isTrue(answer) ? answer : null;
        },
        () => `${what}: ${JSON.stringify(answer)}\n${lines.join("\n")}`,
      );
    },
    messages: () => lines,
    said: (what, isIt) =>
      patiently(
        async () => lines.find(isIt) ?? null,
        () => `${what}:\n${lines.join("\n")}`,
      ),
    setToken,
    signal: (name) => void child.kill(name),
    async end() {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
