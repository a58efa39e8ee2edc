// A sidecar as a pod would run it: the files that the kubelet projects, an own port, its log lines.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { eventually } from "./eventually.ts";
import { startSidecar } from "./sidecar.ts";

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
}

export async function startSidecarProcess(options: SidecarProcessOptions): Promise<SidecarProcess> {
  const { podName, api, namespace } = options;
  const directory = mkdtempSync(join(tmpdir(), "bindy-sidecar-"));
  const setToken = (token: string): void => writeFileSync(join(directory, "token"), token);
  setToken(options.token);
  writeFileSync(join(directory, "ca.crt"), api.certificateAuthority);
  writeFileSync(join(directory, "namespace"), namespace);
  const port = await options.ports.find(24_140);
  const messages: string[] = [];
  const { url, child, exited, ask } = startSidecar(
    {
      PATH: process.env["PATH"] ?? "",
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(api.port),
      SERVICE_ACCOUNT_DIRECTORY: directory,
      POD_NAME: podName,
      LEADER_PORT: String(port),
      HEALTH_PORT: String(await options.ports.find(24_240)),
      ...options.environment,
    },
    (message) => messages.push(message),
  );
  const patiently = { limitMs: patienceMs, everyMs: 50 };

  return {
    origin: url,
    accountDirectory: directory,
    ended: exited,
    ask,
    async until(what, isTrue) {
      let answer: LeaderAnswer | null = null;
      const seen = (): string => `${JSON.stringify(answer)}\n${messages.join("\n")}`;
      return await eventually(
        async () => {
          answer = await ask();
          return answer !== null && isTrue(answer) ? answer : null;
        },
        what,
        { ...patiently, seen },
      );
    },
    messages: () => messages,
    said: (what, isIt) =>
      eventually(() => messages.find(isIt), what, { ...patiently, seen: () => messages.join("\n") }),
    setToken,
    signal: (name) => void child.kill(name),
    async end() {
      child.kill("SIGKILL");
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
