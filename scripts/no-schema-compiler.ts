// In the place of fastify's compilers of schemas, which the sidecar does without (sidecar/http/leader-server.ts): with ajv
// and fast-json-stringify behind them they are a fifth of the bundle. The bundler takes this file; fastify asks for
// one where a server was made without compilers of its own.

/** Refuses, as a server that is made like that must not ship. */
function noSchemaCompiler(): never {
  throw new Error(
    "this bundle has no compiler of schemas: hand fastify one (schemaController.compilersFactory)",
  );
}

// By its CommonJS name, since fastify calls what it requires.
export { noSchemaCompiler as "module.exports" };
