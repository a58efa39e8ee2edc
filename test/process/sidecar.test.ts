// Sidecar processes on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeSidecars } from "./sidecar-suite.ts";

describeSidecars("embedded server", useEmbeddedServer());
