// Stalls of an operator, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeStalls } from "./stalls-suite.ts";

describeStalls("embedded server", useEmbeddedServer());
