// Fail-over, on the embedded API server.
import { describeFailover } from "./failover-suite.ts";

describeFailover("embedded server", () => null);
