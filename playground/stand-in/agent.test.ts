// The agent's loader proves what the stand-in serves, and sees what it does not load, exactly as it does with named.
import { describeLoader } from "../../operator/agent/zone-loader-suite.ts";
import { startStandIn } from "./stand-in-fixture.ts";

describeLoader("the stand-in", startStandIn);
