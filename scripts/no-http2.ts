// In the place of node:http2, which no program of ours speaks (decision 43), and which fastify and undici load all the same: it takes a MiB
// of private memory, a twentieth of what the sidecar has, and some time at each start. The bundler takes this file.

/** Empty: undici reads names of headers from it, for connections that there are none of. */
export const constants = {};

/** Refuses, as nothing should come here. */
function noHttp2(): never {
  throw new Error("this bundle speaks HTTP/1.1 alone");
}

export { noHttp2 as connect, noHttp2 as createSecureServer, noHttp2 as createServer };
