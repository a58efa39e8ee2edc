import { startNamed } from "../fixtures/named.ts";
import { needsProgram } from "../fixtures/needed-program.ts";
import { describeLoader } from "./zone-loader-suite.ts";

describeLoader("named", async (context) =>
  needsProgram(context, "named", "bind9") ? await startNamed(context) : null,
);
