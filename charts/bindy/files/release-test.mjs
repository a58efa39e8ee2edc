// `helm test`: whether somebody holds the Lease, renews it, and is a pod that is ready; and whether the kinds are served. It asks the API
// server as the release's own account does, once a second for a minute at most.
import { readFileSync } from "node:fs";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const {
  KUBERNETES_SERVICE_HOST: host = "",
  KUBERNETES_SERVICE_PORT: port,
  POD_NAMESPACE,
  LEASE_NAMESPACE,
  LEASE_NAME,
} = process.env;
const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

async function get(path) {
  const headers = { authorization: `Bearer ${readFileSync(`${account}/token`, "utf8")}` };
  const answer = await fetch(server + path, { headers, signal: AbortSignal.timeout(10_000) });
  const body = await answer.json();
  if (!answer.ok)
    throw Object.assign(new Error(`GET ${path}: ${answer.status} ${body.message}`), {
      status: answer.status,
    });
  return body;
}

async function look() {
  const lease = `/apis/coordination.k8s.io/v1/namespaces/${LEASE_NAMESPACE}/leases/${LEASE_NAME}`;
  const { spec = {} } = await get(lease);
  const { holderIdentity: holder, leaseDurationSeconds, renewTime } = spec;
  if (!holder) throw new Error(`nobody holds the lease ${LEASE_NAMESPACE}/${LEASE_NAME}`);
  const ageSeconds = (Date.now() - Date.parse(renewTime)) / 1000;
  if (ageSeconds > leaseDurationSeconds)
    throw new Error(`${holder} has not renewed the lease for ${Math.round(ageSeconds)} s`);
  const isReady = await readiness(holder);
  if (isReady === false) throw new Error(`${holder} holds the lease, and is not ready`);
  await get("/apis/bindy.firestoned.io");
  const renewed = `${holder} holds the lease, renewed ${ageSeconds.toFixed(1)} s ago`;
  return isReady === null
    ? `${renewed}; whether it is ready this account may not see`
    : `${renewed}, and is ready`;
}

/** null: an operator of one namespace may not look at the pods of its own. */
async function readiness(pod) {
  try {
    const { status } = await get(`/api/v1/namespaces/${POD_NAMESPACE}/pods/${pod}`);
    return status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  } catch (error) {
    if (error.status === 403) return null;
    throw error;
  }
}

for (let tries = 60; ; tries -= 1) {
  try {
    console.log(await look());
    break;
  } catch (error) {
    console.log(error.cause ? `${error.message}: ${error.cause.message}` : error.message);
    if (tries === 1) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
