// Wall clocks that are set, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeWallClocks } from "./wall-clock-suite.ts";

describeWallClocks("embedded server", useEmbeddedServer());
