// A thousand terms in a row, on the embedded API server.
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { describeTerms } from "./terms-suite.ts";

describeTerms("embedded server", useEmbeddedServer(), 1000);
