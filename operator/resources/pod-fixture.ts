// Pods of the instance `one` in the namespace `a`, for tests.
import type { Pod } from "./pod.ts";
import { instanceLabel } from "./zone-file.ts";

export function podOf(name: string, version: number, status?: Pod["status"]): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: "a",
      name,
      uid: name,
      resourceVersion: String(version),
      labels: { [instanceLabel]: "one" },
    },
    ...(status === undefined ? {} : { status }),
  };
}
