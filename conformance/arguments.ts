// What `npm run conformance -- …` takes.
import { parseArgs } from "node:util";

export type ConformanceArguments =
  | {
      readonly kind: "sidecar";
      readonly url: URL;
      readonly mayStepDown: boolean;
      readonly renewDeadlineMs: number;
      readonly leaderWaitMs: number;
      readonly only: readonly string[];
    }
  | {
      readonly kind: "gate";
      readonly command: string;
      readonly jobs: number;
      readonly only: readonly string[];
    }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const options = {
  url: { type: "string" },
  gate: { type: "string" },
  "may-step-down": { type: "boolean" },
  "renew-deadline": { type: "string" },
  "leader-wait": { type: "string" },
  jobs: { type: "string" },
  only: { type: "string", multiple: true },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the arguments; says all that is wrong with them at once. */
export function readConformanceArguments(args: readonly string[]): ConformanceArguments {
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true }));
  } catch (error) {
    return { kind: "wrong", problems: [(error as Error).message] };
  }
  if (values.help) return { kind: "help" };
  const problems: string[] = [];
  const number = (name: keyof typeof options, fallback: number, least: number, most: number): number => {
    const text = values[name];
    if (typeof text !== "string") return fallback;
    const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    problems.push(`--${name} is "${text}": it must be a number from ${least} to ${most}`);
    return fallback;
  };
  const renewDeadlineMs = number("renew-deadline", 10, 0.1, 3600) * 1000;
  const leaderWaitMs = number("leader-wait", 60, 0, 3600) * 1000;
  const jobs = Math.round(number("jobs", 2, 1, 16));
  const only = values.only ?? [];
  const mayStepDown = values["may-step-down"] === true;
  if ((values.url === undefined) === (values.gate === undefined))
    problems.push("one of --url (a sidecar's address) and --gate (a gate's command) is needed");
  if (values.gate?.trim() === "") problems.push("--gate is empty: it must be the command that starts a gate");
  const url = values.url === undefined ? null : urlOf(values.url, problems);
  if (problems.length > 0) return { kind: "wrong", problems };
  if (url !== null) return { kind: "sidecar", url, mayStepDown, renewDeadlineMs, leaderWaitMs, only };
  return { kind: "gate", command: values.gate ?? "", jobs, only };
}

function urlOf(text: string, problems: string[]): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:") return url;
  problems.push(`--url is "${text}": it must be like http://127.0.0.1:4040`);
  return null;
}

export const conformanceHelp = `npm run conformance -- --url URL | --gate COMMAND [options]

  --url URL           plays a gate to the sidecar at URL (http://127.0.0.1:4040, for instance), which must have no other
                      gate at the time, and checks its answers
    --may-step-down   also check what gives up the lease: DELETE /leader, and the end of the gate's connection
    --renew-deadline S  the sidecar's renew deadline in seconds (default 10)
    --leader-wait S   how long to wait for it to lead (default 60)
  --gate COMMAND      plays a sidecar, well and badly, to the program that COMMAND starts. The program finds it by
                      LEADER_URL, and writes "open TOKEN" ("open -" without one) and "closed" to standard output, a line
                      each, whenever its gate changes
    --jobs N          checks at a time, each before a program of its own (default 2)
  --only TEXT         only the checks whose line contains TEXT; may be given more than once
  --help              this

A line for each check: ok, WRONG (what was seen, what was expected, and the rule of docs/leader-contract.md), or "not seen".
Exit codes: 0 nothing is wrong, 1 something is, 2 wrong arguments, or it could not be judged, 130 interrupted.
`;
