// Loaded into the process of every test file (`--import`): once its tests are over it ends, even if something still keeps it
// alive, and says what that is. (`--test-force-exit` ends it before its last results have been handed on: tests that had
// run were then missing in the count, and in what failed.)
import { after } from "node:test";

const graceMs = 3000;

// The process that only starts the others has no tests of its own.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  after(() => {
    const timer = setTimeout(() => {
      const kept = process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap");
      process.stderr.write(`${process.argv[1]} was ended: ${kept.join(", ")} kept it alive\n`);
      process.exit();
    }, graceMs);
    timer.unref();
  });
}
