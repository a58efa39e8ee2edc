// The operator and its agent are there before the kinds that they watch, as where somebody applies a chart in parts: they wait, and say for what.
import { test } from "node:test";
import { openContractClient } from "../contract/target.ts";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { resolveA } from "../kit/resolve.ts";
import { applyExamples } from "./examples.ts";
import { clock, defineResources, same, setStage, until } from "./stage.ts";

const target = useEmbeddedServer();

test("kinds that come after the operator are taken up", async (context) => {
  const stage = await setStage(context, target(), "late");
  if (stage === null) return;
  stage.gate.open("1");
  await clock.sleep(2000);
  const api = openContractClient(target());
  await defineResources(api);
  await api.close();
  await applyExamples(stage.objects);
  await until("www answers", async () => same((await resolveA(stage.named, "www.example.com")).length, 3));
});
