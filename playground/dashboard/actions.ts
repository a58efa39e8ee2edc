// What can be done to a replica, and what is remembered of it. The page goes by these names too.
export const actionNames = ["kill-operator", "kill", "terminate", "freeze", "thaw", "cut", "heal"] as const;
export type ActionName = (typeof actionNames)[number];

export interface ActionRecord {
  readonly id: number;
  readonly action: ActionName;
  readonly replica: string;
  readonly wallMs: number;
  /** Whether that replica led at that moment; otherwise no hand-over is to be expected. */
  readonly wasLeader: boolean;
  /** Who led next, and after how many ms; null until somebody did. */
  readonly next: { readonly holder: string; readonly afterMs: number } | null;
}
