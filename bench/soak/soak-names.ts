// The names of what a soak makes.
export const namesOf = {
  release: "soak",
  lease: "soak",
  sidecar: "leader-sidecar",
  gate: "gate",
  flood: "flood",
  block: "block",
} as const;
