// The zone as the leader compiled it, and two boxes: one that changes a record, one that asks the name server.
import { send } from "./api.js";
import { byId, commandLine, element, setText, whenChanged } from "./dom.js";
import { duration } from "./format.js";

/** @import { QueryAnswer, ZoneState } from "../dashboard/state.ts" */
/** @import { Part } from "./page.js" */

// How long the page waits for a changed record to be served: longer than a hand-over after a lease ran out.
const patienceMs = 30_000;
const askAgainMs = 40;

/** @returns {Part} */
export function createZone() {
  const address = byId("address", HTMLInputElement);
  const advice = byId("advice");
  const queryForm = byId("query-form");
  const query = byId("query", HTMLInputElement);
  let hasNameServer = false;
  let isTouched = false;
  let latest = 0;
  address.addEventListener("input", () => (isTouched = true));

  const drawZone = whenChanged((/** @type {ZoneState | null} */ zone) => {
    setText(byId("zone-serial"), zone === null ? "" : `${zone.zoneName}, serial ${zone.serial}`);
    setText(byId("zone-text"), zone === null ? "No zone has been compiled yet." : zone.text);
    const current = /^www\.\S+ \d+ IN A (\S+)$/m.exec(zone?.text ?? "")?.[1];
    if (current !== undefined && !isTouched) address.value = current;
  });

  byId("address-form").addEventListener("submit", (event) => {
    event.preventDefault();
    latest += 1;
    void change(address.value.trim(), latest);
  });
  queryForm.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(query.value.trim());
  });

  /**
   * @param {string} wanted
   * @param {number} attempt
   */
  async function change(wanted, attempt) {
    const result = byId("address-result");
    const say = (/** @type {string} */ text, kind = "") => {
      if (attempt !== latest) return;
      setText(result, text);
      result.className = `result ${kind}`;
    };
    address.removeAttribute("aria-invalid");
    const startedMs = performance.now();
    try {
      await send("PUT", "/api/record", { address: wanted });
      isTouched = false;
      if (!hasNameServer) return say("Taken. The leader compiles the zone anew.", "fine");
      say("Taken. Waiting for the name server …");
      const serial = await served(wanted, startedMs, () => attempt === latest);
      const tookMs = performance.now() - startedMs;
      if (serial === null) say("Taken, but not served yet: is there a leader?", "warn");
      else
        say(
          `The name server answers ${wanted}, serial ${serial}, ${duration(tookMs)} after the click.`,
          "fine",
        );
    } catch (error) {
      address.setAttribute("aria-invalid", "true");
      say(messageOf(error), "wrong");
    }
  }

  return {
    draw({ zone, nameServer, advice: advised }) {
      hasNameServer = nameServer !== null;
      drawZone(zone);
      queryForm.hidden = !hasNameServer;
      advice.hidden = advised === null;
      setText(advice, advised ?? "");
    },
  };
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Asks until the name server answers `wanted`; returns the serial, or null when it takes too long.
 * @param {string} wanted
 * @param {number} startedMs
 * @param {() => boolean} isStillWanted
 */
async function served(wanted, startedMs, isStillWanted) {
  while (isStillWanted() && performance.now() - startedMs < patienceMs) {
    /** @type {QueryAnswer} */
    const { addresses, serial } = await send("GET", "/api/query?name=www.example.com");
    if (addresses.includes(wanted)) return serial;
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  }
  return null;
}

/** @param {string} name */
async function ask(name) {
  const result = byId("query-result");
  try {
    /** @type {QueryAnswer} */
    const { command, addresses, serial, error } = await send(
      "GET",
      `/api/query?name=${encodeURIComponent(name)}`,
    );
    const text = error ?? `${addresses.join(", ")} (serial ${serial})`;
    result.className = `result ${error === null ? "fine" : "wrong"}`;
    result.replaceChildren(element("p", {}, text), commandLine(command));
  } catch (problem) {
    result.className = "result wrong";
    result.replaceChildren(element("p", {}, messageOf(problem)));
  }
}
