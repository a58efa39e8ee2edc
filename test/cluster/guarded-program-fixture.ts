// A test's process as guard.test.ts wants it: a child under guard in the folder given, whose pid it prints, and then it
// waits to be killed.
import { spawn } from "node:child_process";
import { startGuard } from "./guard.ts";

const guard = startGuard(process.argv[2] ?? "");
const child = spawn("sleep", ["120"], { stdio: "ignore" });
guard.watch(child);
process.stdout.write(`${child.pid}\n`);
