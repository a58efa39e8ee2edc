// The stand-in as a process of a test, in the place of the named that the operator's fixture starts.
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startNamed, type NamedFixture } from "../../test/kit/named.ts";

const program = join(import.meta.dirname, "main.ts");

/** Starts a stand-in that serves what is listed in its zones directory. */
export function startStandIn(context: TestContext): Promise<NamedFixture> {
  return startNamed(context, async ({ address, port, zonesConf, pidFile }) => ({
    command: [process.execPath, "--disable-warning=ExperimentalWarning", program],
    environment: {
      NAMED_ADDRESS: address,
      NAMED_PORT: String(port),
      ZONES_CONF: zonesConf,
      NAMED_PID_FILE: pidFile,
    },
    running: /"message":"running"/,
    isControlled: false,
  }));
}
