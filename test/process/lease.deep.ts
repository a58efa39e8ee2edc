// Many candidates and busy hands on one Lease, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeLease } from "./lease-suite.ts";

describeLease("embedded server", useEmbeddedServer());
