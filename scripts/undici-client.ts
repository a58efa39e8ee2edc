// Of undici, only what the sidecar uses. The package's front door loads fetch, WebSocket, caches and cookies
// besides, which in a bundle cost several MiB of private memory for nothing. The bundler takes this file in its place.
// @ts-expect-error these files have no types of their own; the sidecar's are those of the package
import request from "undici/lib/api/api-request.js";
// @ts-expect-error see above
import buildConnector from "undici/lib/core/connect.js";
// @ts-expect-error see above
import Client from "undici/lib/dispatcher/client.js";

Client.prototype.request = request;

export { buildConnector, Client };
