// The floods, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeFloods } from "./flood-suite.ts";

describeFloods("embedded server", useEmbeddedServer());
