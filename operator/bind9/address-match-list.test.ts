import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  aclNameProblem,
  aclProblems,
  admitsNobody,
  knownAcls,
  matchListProblems,
  renderedMatchList,
} from "./address-match-list.ts";

const none = knownAcls({});

function problemOf(element: string): string | null {
  return matchListProblems([element], none)[0] ?? null;
}

test("an element that cannot be read is named with the remedy", () => {
  for (const element of ["any", "! 10.0.0.0/8", "::1", "2001:db8::/128", "0.0.0.0/0", "::/0", "!localhost"])
    assert.equal(problemOf(element), null, element);
  const problems = {
    "": /is not an address or a network: write an address/,
    "10.0.0.0/33": /at most 32: write a number/,
    "::/129": /at most 128: write a number/,
    "10.0.0.0/": /at most 32: write a number/,
    "10.0.0.0/8/8": /is not an address/,
    "1.2.3": /is not an address/,
    keyword: /is not an address/,
    "key x": /asks for a key, and keys \(TSIG\) are not acted on yet: write an address/,
    "!key x": /asks for a key/,
    'key "x"': /asks for a key/,
    " ! 10.0.0.0/8 ": null,
    "10.0.0.1/8": /write 10\.0\.0\.0\/8/,
    "!10.1.2.3/12": /write 10\.0\.0\.0\/12/,
    "2001:db8::1/32": /write 2001:db8::\/32/,
    "::ffff:192.0.2.1/120": /write 0:0:0:0:0:ffff:c000:200\/120/,
    "2001:db8:1:2:3:4:5:6/127": null,
    "2001:db8:1:2:3:4:5:7/127": /write 2001:db8:1:2:3:4:5:6\/127/,
  };
  for (const [element, problem] of Object.entries(problems)) {
    if (problem === null) assert.equal(problemOf(element), null, element);
    else assert.match(problemOf(element) ?? "", problem, element);
  }
});

test("a list that names one which is closed is closed too, however it names it", () => {
  const acls = knownAcls({
    blocked: ["127.0.0.2/8"],
    over: ["10.0.0.1", "blocked"],
    further: ["!over"],
    here: ["there"],
    there: ["!here", "10.0.0.1"],
    self: ["self"],
    absent: ["nobody"],
    key: ["10.0.0.1"],
    good: ["10.0.0.1"],
    better: ["!good", "any"],
    constructor: ["10.0.0.1"],
  });
  for (const name of ["blocked", "over", "further", "here", "there", "self", "absent", "key", "toString"]) {
    for (const list of [[name], [`!${name}`, "any"], ["any", `! ${name}`]]) {
      assert.equal(renderedMatchList(list, "any", acls), "none;", String(list));
      assert.equal(matchListProblems(list, acls).length, 1, String(list));
    }
  }
  assert.equal(
    renderedMatchList(["better", "!constructor"], "none", acls),
    "better; !constructor;",
    "what can be read stands as it is",
  );
  assert.match(
    matchListProblems(["!further"], acls)[0] ?? "",
    /"!further" names .* closed.*: mend acls\.further/,
  );
  assert.match(aclProblems("further", acls)[0] ?? "", /"!over" names .*: mend acls\.over/);
  assert.match(
    aclProblems("there", acls)[0] ?? "",
    /"!here" leads back to the list itself: take the name out/,
  );
  assert.match(aclProblems("self", acls)[0] ?? "", /leads back/);
  assert.match(aclProblems("absent", acls)[0] ?? "", /"nobody" is not an address/);
  assert.deepEqual(aclProblems("better", acls), []);
});

test("a name that means something else to named is not a list's, nor is one that another list has in other letters", () => {
  for (const name of ["any", "Any", "NONE", "localHost", "LOCALNETS", "key", "Key", "geoip", "GeoIP"])
    assert.match(aclNameProblem(name) ?? "", /has a meaning of its own/, name);
  for (const name of ["", "1x", "a b", 'x"', "a".repeat(64)])
    assert.match(aclNameProblem(name) ?? "", /is not a name/, name);
  const names = ["trusted", "Trusted", "other"];
  assert.match(aclNameProblem("trusted", names) ?? "", /"trusted" and "Trusted" are one name to named/);
  assert.equal(aclNameProblem("other", names), null);
  const twins = knownAcls({ trusted: ["10.0.0.1"], Trusted: ["10.0.0.2"] });
  assert.equal(renderedMatchList(["!trusted", "any"], "any", twins), "none;", "which one is not known");
});

// What lets in, by the rules of named: the first element that matches decides.
function admits(list: readonly string[], address: string, acls: Readonly<Record<string, string[]>>): boolean {
  for (const element of list) {
    const bare = element.replace(/^!\s*/, "");
    const doesMatch = Object.hasOwn(acls, bare)
      ? admits(acls[bare] ?? [], address, acls)
      : bare === "any" || bare === "none" || bare === address;
    if (doesMatch) return element.startsWith("!") === (bare === "none");
  }
  return false;
}

const names = ["a", "b", "c", "d"];
const addresses = ["10.0.0.1", "10.0.0.2"];
const broken = "10.0.0.1/8";
const sign = fc.constantFrom("", "!");
const readable = fc
  .tuple(sign, fc.constantFrom(...names, ...addresses, "any", "none"))
  .map(([negated, word]) => negated + word);
const anyList = fc.array(readable, { maxLength: 3 });

/** Each list with only those names that are behind its own, so that the whole has a meaning. */
function behindOnly(acls: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(acls).map(([name, list]) => [
      name,
      list.filter((element) => {
        const to = names.indexOf(element.replace("!", ""));
        return to === -1 || to > names.indexOf(name);
      }),
    ]),
  );
}

test("whatever is broken in the lists, nobody is let in who would not be let in by the whole", () => {
  const whole = fc.tuple(anyList, anyList, anyList, anyList, anyList).map(([list, ...acls]) => ({
    list,
    acls: behindOnly(Object.fromEntries(names.map((name, at) => [name, acls[at] ?? []]))),
  }));
  const holes = fc.dictionary(fc.constantFrom(...names), fc.constantFrom("break", "drop", "circle"));
  fc.assert(
    fc.property(whole, holes, ({ list, acls }, broke) => {
      const given: Record<string, string[]> = { ...acls };
      for (const [name, how] of Object.entries(broke)) {
        if (how === "drop") delete given[name];
        else given[name] = [...(acls[name] ?? []), how === "break" ? broken : `!${name}`];
      }
      const rendered = renderedMatchList(list, "none", knownAcls(given));
      const stands = rendered
        .split(";")
        .map((element) => element.trim())
        .filter((element) => element !== "");
      for (const address of addresses)
        if (admits(stands, address, given)) assert.ok(admits(list, address, acls), rendered);
      const touched = (elements: readonly string[]): boolean =>
        elements
          .map((element) => element.replace("!", ""))
          .some((name) => Object.hasOwn(broke, name) || touched(acls[name] ?? []));
      if (touched(list)) assert.equal(rendered, "none;");
    }),
    { numRuns: 1000 },
  );
});

test("a list that is said to let in nobody lets in no address, and of one without addresses the converse holds too", () => {
  const given = fc.tuple(anyList, anyList, anyList, anyList, anyList).map(([list, ...lists]) => ({
    list,
    acls: behindOnly(Object.fromEntries(names.map((name, at) => [name, lists[at] ?? []]))),
  }));
  fc.assert(
    fc.property(given, ({ list, acls }) => {
      const isNobody = admitsNobody(list, knownAcls(acls));
      const all = [list, ...Object.values(acls)].flat();
      const hasAddresses = addresses.some((address) => all.some((element) => element.endsWith(address)));
      const isAdmitted = ["10.0.0.3", ...addresses].some((address) => admits(list, address, acls));
      if (isNobody || !hasAddresses) assert.equal(isNobody, !isAdmitted);
    }),
    { numRuns: 2000 },
  );
});

test("of many long lists that name each other, no element is read more than a few times", () => {
  // The largest that the schema lets through. Each names all behind it, so that there are as many ways from the first to the last as
  // can be; the last is broken or closes a circle, so that each has to be looked into.
  const [listsCount, elementsCount] = [64, 256];
  for (const last of ["any", broken, "n0"]) {
    let reads = 0;
    const counted: ProxyHandler<string[]> = {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d/.test(key)) reads += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    };
    const lists: Record<string, string[]> = {};
    for (let at = 0; at < listsCount; at += 1) {
      const behind = listsCount - 1 - at;
      const elements = Array.from({ length: elementsCount }, (_, nth) =>
        behind === 0 ? last : `n${at + 1 + (nth % behind)}`,
      );
      lists[`n${at}`] = new Proxy(elements, counted);
    }
    const acls = knownAcls(lists);
    const problems = Object.keys(lists).flatMap((name) => aclProblems(name, acls));
    assert.equal(problems.length, last === "any" ? 0 : listsCount * elementsCount);
    // Twice to know the lists, and once to tell what is wrong.
    assert.ok(reads <= 4 * listsCount * elementsCount, `${reads} reads`);
  }
});

test("an element leads back where its list is reached from it, and is usable where none does, whatever names what", () => {
  const letters = ["a", "b", "c", "d", "e", "f"];
  const list = fc.array(
    fc.tuple(sign, fc.constantFrom(...letters)).map(([negated, name]) => negated + name),
    { maxLength: 3 },
  );
  const edges = fc.tuple(list, list, list, list, list, list);
  fc.assert(
    fc.property(edges, (given) => {
      const lists = Object.fromEntries(letters.map((name, at) => [name, given[at] ?? []]));
      const acls = knownAcls(lists);
      const reached = (from: string, seen = new Set<string>()): Set<string> => {
        if (seen.has(from)) return seen;
        seen.add(from);
        for (const element of lists[from] ?? []) reached(element.replace("!", ""), seen);
        return seen;
      };
      for (const name of letters) {
        const back = (lists[name] ?? []).filter((element) => reached(element.replace("!", "")).has(name));
        const told = aclProblems(name, acls).filter((problem) => problem.includes("leads back"));
        assert.deepEqual(
          told.map((problem) => /^"([^"]*)"/.exec(problem)?.[1]),
          back,
        );
        const isOnNoCircle = [...reached(name)].every((other) =>
          (lists[other] ?? []).every((element) => !reached(element.replace("!", "")).has(other)),
        );
        assert.equal(acls.usable.has(name), isOnNoCircle);
      }
    }),
    { numRuns: 500 },
  );
});
