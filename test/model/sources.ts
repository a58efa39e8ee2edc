// The files that the worlds of simulation and exploration are made of. A bug is planted in a copy of them, which would not run if one
// were missing; a campaign that is resumed must find them unchanged.

/** Files and folders, from the project's root. */
export const worldSources = [
  "sidecar/election",
  "sidecar/gate-role.ts",
  "contract/answer.ts",
  "gate/assertions.ts",
  "gate/conversation.ts",
  "gate/promise.ts",
  "platform/boot-clock.ts",
  "platform/broken-invariant.ts",
  "platform/clock.ts",
  "test/model",
  "test/simulation",
  "test/exploration",
] as const;
