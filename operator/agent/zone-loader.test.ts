import { startNamed } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { describeLoader } from "./zone-loader-suite.ts";

describeLoader("named", async (context) =>
  needsProgram(context, "named", "bind9") ? await startNamed(context) : null,
);
