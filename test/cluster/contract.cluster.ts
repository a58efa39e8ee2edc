// The contract, put to a real kube-apiserver.
import { after } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createPortFinder } from "../../playground/replicas/free-port.ts";
import { describeLeaseContract } from "../contract/lease-contract.ts";
import { startControlPlane, type ControlPlane } from "./control-plane.ts";
import { findControlPlanePrograms } from "./programs.ts";

let controlPlane: ControlPlane | null = null;
after(async () => await controlPlane?.close());

describeLeaseContract("kube-apiserver", async () => {
  const programs = await findControlPlanePrograms(process.env, (message) =>
    process.stderr.write(`${message}\n`),
  );
  if ("missing" in programs) throw new Error(programs.missing);
  controlPlane = await startControlPlane(programs, createPortFinder(), createSystemClock());
  const { url, certificateAuthority, adminToken } = controlPlane;
  return { name: "kube-apiserver", url, certificateAuthority, adminToken };
});
