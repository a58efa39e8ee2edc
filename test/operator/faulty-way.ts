// The way of operator and agent to the API server, with faults on it.
import type { TestContext } from "node:test";
import { makeServingCertificate } from "../../api-server/access/certificates.ts";
import type { ContractTarget } from "../contract/target.ts";
import { startFaultProxy, type Fate, type ProxiedRequest } from "../faults/fault-proxy.ts";
import { clock, type OperatorHow } from "./stage.ts";

export interface FaultyWay {
  /** For the stage. */
  readonly via: NonNullable<OperatorHow["via"]>;
  /** From now on what is asked comes to this; null: it passes. */
  set(fateOf: ((request: ProxiedRequest) => Fate) | null): void;
  /** The server is away: what is open is reset, and so is whatever comes. */
  cut(): void;
}

/** Ends with the test. */
export async function startFaultyWay(context: TestContext, target: ContractTarget): Promise<FaultyWay> {
  const certificate = await makeServingCertificate("127.0.0.1");
  const onEffect = (): void => {};
  const proxy = await startFaultProxy({ pod: "operator", target, certificate, onEffect, clock });
  context.after(() => proxy.close());
  function set(fateOf: ((request: ProxiedRequest) => Fate) | null): void {
    proxy.set(fateOf === null ? null : { fateOf, carriesEvents: true });
  }
  return {
    via: { url: `https://127.0.0.1:${proxy.port}`, certificateAuthority: certificate.authority },
    set,
    cut() {
      set(() => ({ kind: "reset" }));
      proxy.drop();
    },
  };
}
