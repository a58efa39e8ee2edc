// The page in a real browser, on a real playground: what it shows is so, and its buttons do what they say.
// UPDATE_SCREENSHOT=1 makes docs/images/playground.png anew.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";
import { eventually } from "../test/kit/eventually.ts";
import { createDashboardServer } from "./dashboard/server.ts";
import type { PlaygroundState } from "./dashboard/state.ts";
import { clock, startTestPlayground } from "./playground-fixture.ts";
import type { Playground } from "./playground.ts";

const patienceMs = 45_000;
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function findChromium(): string | null {
  for (const program of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
    } catch {
      continue; // not under this name: the next one, or none
    }
  }
  return null;
}

const program = findChromium();
const missing = program === null ? "Chromium is not installed: apt-get install chromium" : false;
if (missing !== false && process.env["CI"] === "true") throw new Error(missing);

describe("the page", { skip: missing, timeout: 180_000 }, () => {
  let playground: Playground;
  let server: FastifyInstance;
  let browser: BrowserContext;
  let profile: string;
  let page: Page;
  let address: string;
  const complaints: string[] = [];

  before(async () => {
    playground = await startTestPlayground({ portsFrom: 300 });
    server = createDashboardServer(playground, clock);
    address = await server.listen({ host: "127.0.0.1", port: 0 });
    profile = await mkdtemp(join(tmpdir(), "playground-browser-"));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: program ?? "",
      args: flags,
      viewport: { width: 1280, height: 1200 },
      colorScheme: "light",
    });
    browser.setDefaultTimeout(patienceMs);
    page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(address);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await playground?.close();
    if (profile !== undefined) await rm(profile, { recursive: true, force: true });
  });

  /** The leader that the page names, as soon as it names one that is not `former`. */
  async function leaderOtherThan(former: string): Promise<string> {
    const other = page.locator("#leader-name .pod").filter({ hasNotText: former || "nobody at all" });
    await other.waitFor();
    return (await other.textContent()) ?? "";
  }

  async function press(name: string | RegExp): Promise<void> {
    await page.getByRole("button", { name }).click();
  }

  it("names the leader, and says after how many milliseconds another followed a killed one", async () => {
    const stated = async (): Promise<string | undefined> =>
      (await playground.state()).replicas.find(({ leader }) => leader)?.name;
    // On a busy machine another may lead a moment later, or not answer in time: then page and state agree a moment after that.
    const former = await eventually(async () => {
      const shown = await leaderOtherThan("");
      return (await stated()) === shown && shown;
    }, "page and state name the same leader");

    await press(`Kill the operator of ${former}`);
    const next = await leaderOtherThan(former);
    const deed = page.locator("#happened li").filter({ hasText: `Killed the operator of ${former}` });
    await deed.first().getByText(`${next} led`).waitFor();
    assert.match((await deed.first().locator("strong").textContent()) ?? "", /^\d+(\.\d)?\u00A0(ms|s)$/);
    assert.match(await page.title(), /leads · Bindy playground$/);
    await page.getByText("1 restart", { exact: false }).first().waitFor();
  });

  it("changes a record, and shows the name server's answer to it", async () => {
    await page.getByLabel("Address of www.example.com").fill("192.0.2.99");
    await press("Change it");
    await page.getByText(/The name server answers 192\.0\.2\.99, serial \d+/).waitFor();
    await page.locator("#query-form").getByRole("button", { name: "Ask" }).click();
    const answer = page.locator("#query-result");
    await answer.getByText(/^192\.0\.2\.99 \(serial \d+\)$/).waitFor();
    assert.match((await answer.locator("code").textContent()) ?? "", /^dig @127\.0\.0\.1 -p \d+ www\./);
    assert.match(
      (await page.locator("#zone-text").textContent()) ?? "",
      /^www\.\S+ \d+ IN A 192\.0\.2\.99$/m,
    );
  });

  it("has not complained", async () => {
    assert.deepEqual(complaints, []);
  });

  it("says in the API server's words what is wrong with an address", async () => {
    await page.getByLabel("Address of www.example.com").fill("not an address");
    await press("Change it");
    await page.getByText(/is invalid: spec\.ipv4Addresses\[0\]/).waitFor();
    assert.equal(await page.locator("#address").getAttribute("aria-invalid"), "true");
    assert.ok(complaints.splice(0).every((text) => text.includes("422")));
  });

  it("freezes and thaws, cuts off and heals, and keeps the focus on its buttons", async () => {
    const follower = (await playground.state()).replicas.find(({ leader }) => !leader)?.name ?? "";
    const nameOfFocus = (): Promise<string> => page.evaluate("document.activeElement.textContent");
    await press(`Freeze ${follower}`);
    await page.getByRole("button", { name: `Thaw ${follower}` }).waitFor();
    assert.equal(await nameOfFocus(), `Thaw ${follower}`);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `Freeze ${follower}` }).waitFor();
    await press(`Cut off ${follower} from the API`);
    await page.getByRole("button", { name: `Heal the network of ${follower}` }).click();
    await page.getByRole("button", { name: `Cut off ${follower} from the API` }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it("shows the lines of one replica, and only those about the election", async () => {
    const name = (await playground.state()).replicas[0]?.name ?? "";
    await page.getByLabel("Of", { exact: true }).selectOption(name);
    await page.getByLabel("only about the election").check();
    const lines = page.locator("#lines li");
    await lines.first().waitFor();
    assert.equal(await lines.count(), await page.locator("#lines li.guide").count());
    const from: string[] = await page.evaluate(
      '[...document.querySelectorAll("#lines .from")].map(({ title }) => title)',
    );
    assert.deepEqual([...new Set(from)], [name]);
    await page.getByLabel("Of", { exact: true }).selectOption("");
    await page.getByLabel("only about the election").uncheck();
  });

  it("can be read by a screen reader and used on a phone", async () => {
    const outline = await page.locator("body").ariaSnapshot();
    for (const part of ["banner", "main", 'heading "Leader" [level=2]', 'heading "Replicas" [level=2]']) {
      assert.ok(outline.includes(part), `no ${part} in\n${outline}`);
    }
    const names: string[] = await page.evaluate(
      '[...document.querySelectorAll("button")].filter((one) => one.checkVisibility()).map((one) => one.textContent)',
    );
    assert.ok(names.length > 15 && names.every((name) => name.trim() !== ""));
    assert.equal(new Set(names).size, names.length, "two buttons have the same name");
    await page.setViewportSize({ width: 360, height: 740 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const [content, window] = await page.evaluate<number[]>(
        "[document.documentElement.scrollWidth, innerWidth]",
      );
      assert.equal(content, window, "it scrolls sideways");
    }
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
    await page.setViewportSize({ width: 1280, height: 1200 });
    assert.deepEqual(complaints, []);
  });

  it("takes what it is told for text, and copes without leader, lease, zone and name server", async () => {
    const real = await playground.state();
    const evil = '<img src=x onerror="document.title=1">';
    const [first] = real.replicas;
    assert.ok(first !== undefined);
    const bare: PlaygroundState = {
      ...real,
      replicas: Array.from({ length: 9 }, (unused, at) => ({
        ...first,
        name: `${evil}-${at}`,
        leader: false,
        gate: null,
      })),
      lease: null,
      terms: [],
      actions: [],
      writes: null,
      zone: null,
      nameServer: null,
      advice: `Install BIND 9 ${evil}`,
    };
    const line = { replica: evil, container: "operator", wallMs: real.atMs, text: evil };
    const other = await browser.newPage();
    await other.route("**/api/lines", (route) => route.fulfill({ json: { lines: [line] } }));
    await other.route("**/api/events", (route) =>
      route.fulfill({
        contentType: "text/event-stream",
        body: `event: state\ndata: ${JSON.stringify(bare)}\n\n`,
      }),
    );
    await other.goto(address);
    await other.getByText("There is no Lease: the pod that creates it").waitFor();
    await other.getByText("No zone has been compiled yet.").waitFor();
    await other.getByText(`Install BIND 9 ${evil}`).waitFor();
    await other.locator("#lines .message").getByText(evil).waitFor();
    assert.equal(await other.locator(".replica").count(), 9);
    assert.equal(await other.locator("img").count(), 0);
    assert.equal(await other.locator("#query-form").isVisible(), false);
    await other.close();
  });

  it("says that the playground is gone, and comes back by itself", async () => {
    const port = Number(new URL(address).port);
    await server.close();
    await page.getByText("The playground does not answer; trying again.").waitFor();
    server = createDashboardServer(playground, clock);
    await server.listen({ host: "127.0.0.1", port });
    await page.getByText("Live", { exact: true }).waitFor();
    const leader = await leaderOtherThan("");
    assert.match(leader, /^bindy-/);
  });

  const isPictureWanted = process.env["UPDATE_SCREENSHOT"] === "1";
  it("makes its picture", { skip: isPictureWanted ? false : "UPDATE_SCREENSHOT=1 makes it" }, async () => {
    for (const action of ["kill-operator", "terminate", "kill-operator", "kill-operator"] as const) {
      await page.locator('#leader[data-state="led"]').waitFor();
      const leader = await leaderOtherThan("");
      await clock.sleep(5000);
      await playground.act(action, leader);
      await leaderOtherThan(leader);
    }
    await clock.sleep(6000);
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
    await page.mouse.move(0, 0);
    await clock.sleep(500);
    const path = fileURLToPath(new URL("../docs/images/playground.png", import.meta.url));
    // As far down as the list of what happened: the rest is for those who open the page.
    const end = await page.locator(".pair").first().boundingBox();
    const height = Math.round((end?.y ?? 0) + (end?.height ?? 0) + 20);
    await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: 1280, height } });
  });
});
