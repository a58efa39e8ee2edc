// The faults, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeFaults } from "./fault-suite.ts";

describeFaults("embedded server", useEmbeddedServer());
