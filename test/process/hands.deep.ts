// Busy hands, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeHands } from "./hands-suite.ts";

describeHands("embedded server", useEmbeddedServer());
