// The operator, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeOperator } from "./operator-suite.ts";

describeOperator("embedded server", useEmbeddedServer());
