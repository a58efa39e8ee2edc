// The same for those who stay in the terminal: what happens, one line each, with colour where there is a terminal.
import type { Clock } from "../../platform/clock.ts";
import { zoneName } from "../cluster/zone-objects.ts";
import type { Playground } from "../playground.ts";

export interface Terminal {
  write(text: string): void;
  readonly isPlain: boolean;
}

const codes = { bold: 1, dim: 2, green: 32, yellow: 33 } as const;

function painted(terminal: Terminal, how: keyof typeof codes, text: string): string {
  return terminal.isPlain ? text : `\u001B[${codes[how]}m${text}\u001B[0m`;
}

/** Where the commands of the welcome lead. */
export interface Welcomed {
  readonly pageUrl: string;
  /** The first replica's /leader. */
  readonly leaderPort: number;
  /** The embedded cluster, where replicas are pods. */
  readonly isOwnCluster: boolean;
}

/** The lines that are shown once everything is up. */
export function welcome(playground: Playground, to: Welcomed, terminal: Terminal): string {
  const { kubeconfig, namespace, nameServer, advice } = playground;
  const { pageUrl, leaderPort } = to;
  const commands = [
    `curl -s 127.0.0.1:${leaderPort}/leader`,
    `curl -s ${pageUrl}api/state`,
    `curl -sX POST ${pageUrl}api/replicas/NAME/kill-operator`,
    ...(to.isOwnCluster ? [`kubectl get pods -n ${namespace} -l app=bindy`] : []),
    `kubectl get lease -n ${namespace} bindy-leader -o yaml`,
    ...(to.isOwnCluster ? [`kubectl delete pod -n ${namespace} NAME`] : []),
    ...(nameServer === null ? [] : [`dig @127.0.0.1 -p ${nameServer.port} www.${zoneName}`]),
  ];
  const lines = [
    "",
    `  ${painted(terminal, "bold", "The page:")}  ${pageUrl}`,
    "",
    `  ${painted(terminal, "dim", "To try, in another terminal:")}`,
    `    export KUBECONFIG=${kubeconfig}`,
    ...commands.map((command) => `    ${command}`),
    ...(advice === null ? [] : ["", `  ${painted(terminal, "yellow", advice)}`]),
    "",
    `  ${painted(terminal, "dim", "Ctrl-C ends everything.")}`,
    "",
  ];
  return `${lines.join("\n")}\n`;
}

/** Tells what happens, until the returned function is called. */
export function narrate(playground: Playground, clock: Clock, terminal: Terminal): () => void {
  const told = new Set<number>();
  const at = (): string => painted(terminal, "dim", new Date(clock.now().wallMs).toISOString().slice(11, 23));
  const stops = [
    playground.onTerm(({ holder, fencingToken }) => {
      const who = painted(terminal, "green", holder);
      terminal.write(`${at()}  ${who} leads, fencing token ${fencingToken ?? "none"}\n`);
    }),
    playground.onChange(() => {
      for (const action of playground.actions()) {
        if (action.next === null || told.has(action.id)) continue;
        told.add(action.id);
        const { holder, afterMs } = action.next;
        terminal.write(
          `${at()}  ${action.action} of ${action.replica}: ${holder} led ${Math.round(afterMs)} ms later\n`,
        );
      }
    }),
    playground.onLine(({ replica, text }) => {
      if (text.includes("Leadership lost!") && text.includes('"program":"operator"')) {
        terminal.write(`${at()}  ${replica} leads no more\n`);
      }
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
