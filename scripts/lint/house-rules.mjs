// Rules of this house that oxlint does not have, as a plugin for it. A function may have so many lines of its own: those of
// the functions within it are theirs. So a factory, which is its closures (docs/decisions/0008), is held to the same limit
// as any other function, and each of the closures is too.

/** The lines, from 1, that hold anything but blanks and comments. */
function codeLines(sourceCode) {
  const covered = new Set();
  for (const token of sourceCode.ast.tokens) {
    for (let line = token.loc.start.line; line <= token.loc.end.line; line += 1) covered.add(line);
  }
  return covered;
}

const functionLength = {
  meta: { type: "suggestion", schema: [{ type: "object", properties: { max: { type: "integer" } } }] },
  create(context) {
    const { max } = context.options[0];
    const open = [];
    let lines = null;

    function enter() {
      open.push({ inner: 0 });
    }

    function leave(node) {
      lines ??= codeLines(context.sourceCode);
      const { start, end } = node.loc;
      let all = 0;
      for (let line = start.line; line <= end.line; line += 1) if (lines.has(line)) all += 1;
      const own = all - open.pop().inner;
      // The line on which it begins belongs to the function around it as well.
      const outer = open.at(-1);
      if (outer !== undefined) outer.inner += all - 1;
      if (own <= max) return;
      const name = node.id?.name ?? node.parent?.id?.name ?? node.parent?.key?.name ?? "this function";
      context.report({
        node,
        message: `${name} has ${own} lines of its own, beside those of the functions in it; at most ${max} are allowed.`,
      });
    }

    const kinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
    return Object.fromEntries(
      kinds.flatMap((kind) => [
        [kind, enter],
        [`${kind}:exit`, leave],
      ]),
    );
  },
};

export default { meta: { name: "house" }, rules: { "function-length": functionLength } };
