// Outages, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeOutages } from "./outage-suite.ts";

describeOutages("embedded server", useEmbeddedServer());
