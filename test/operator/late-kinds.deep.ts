// The operator and its agent are there before the kinds that they watch, as where somebody applies a chart in parts: they wait, and say for what.
import { test } from "node:test";
import { openContractClient } from "../contract/target.ts";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import { createLog, type LogFields } from "../../platform/log.ts";
import { defineResources, looked, same, setStage, until } from "./stage.ts";

const target = useEmbeddedServer();

test("kinds that come after the operator are taken up", async (context) => {
  const warnings: string[] = [];
  const warn = (message: string, fields: LogFields = {}): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const how = { log: { ...createLog("silent", {}), warn } };
  const stage = await setStage(context, target(), "late", "late", how);
  if (stage === null) return;
  stage.gate.open("1");
  for (const plural of ["dnszones", "bind9instances", "ptrrecords"])
    await until(`a warning says that it waits for ${plural}`, () =>
      looked(warnings).some((line) => line.includes(plural)) ? true : null,
    );
  const api = openContractClient(target());
  await defineResources(api);
  await api.close();
  await applyExamples(stage.objects);
  await until("www answers", async () => same((await resolveA(stage.named, "www.example.com")).length, 3));
});
