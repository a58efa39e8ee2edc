// The contract, put to the embedded server.
import { useEmbeddedServer } from "./embedded-server-fixture.ts";
import { describeLeaseContract } from "./lease-contract.ts";

describeLeaseContract("embedded server", useEmbeddedServer());
