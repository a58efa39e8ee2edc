// The contract, put to the embedded server. It forgets its history early, as a real one does in time.
import { describeContract } from "./contract.ts";
import { useEmbeddedServer } from "./embedded-server-fixture.ts";

describeContract("embedded server", useEmbeddedServer({ usesRoles: true, historyLimit: 8 }));
