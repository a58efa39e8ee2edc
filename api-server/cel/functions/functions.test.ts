// What Kubernetes' functions answer, as kube-apiserver 1.36 gave it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileExpression } from "../rule.ts";
import { CelError, createMeter } from "../values.ts";

/** The answer as `%s` writes it, or the error. */
function answer(expression: string): string {
  const compiled = compileExpression(`'%s'.format([${expression}])`, new Map());
  if ("fault" in compiled) return compiled.fault;
  try {
    return compiled.evaluate(new Map(), createMeter(1_000_000)) as string;
  } catch (error) {
    if (error instanceof CelError) return `error: ${error.message}`;
    throw error;
  }
}

const groups: Readonly<Record<string, readonly (readonly [expression: string, answer: string])[]>> = {
  texts: [
    ["['tacocat'.charAt(3), 'tacocat'.charAt(7), 'héé😀x'.charAt(3)]", '["o", "", "😀"]'],
    ["'tacocat'.charAt(8)", "error: index out of range: 8"],
    [
      "['héé😀x'.indexOf('x'), 'abcabc'.indexOf('c', 3), 'abcabc'.indexOf('', 3), 'abcabc'.indexOf('c', 9)]",
      "[4, 5, 3, -1]",
    ],
    ["'abcabc'.indexOf('c', -1)", "error: index out of range: -1"],
    [
      "['abcabc'.lastIndexOf('c'), 'abcabc'.lastIndexOf(''), 'abcabc'.lastIndexOf('c', 4), ''.lastIndexOf('c')]",
      "[5, 6, 2, -1]",
    ],
    ["'ÀbC'.lowerAscii() + 'ÀbCß'.upperAscii()", "ÀbcÀBCß"],
    [
      "['abcabc'.replace('b', 'x'), 'abcabc'.replace('b', 'x', 1), 'abc'.replace('', '-'), 'abc'.replace('', '-', 2), 'abc'.replace('b', '$&')]",
      '["axcaxc", "axcabc", "-a-b-c-", "-a-bc", "a$&c"]',
    ],
    [
      "['a,b,c'.split(','), 'a,b,c'.split(',', 2), 'a,b,c'.split(',', 0), 'a😀c'.split('')]",
      '[["a", "b", "c"], ["a", "b,c"], [], ["a", "😀", "c"]]',
    ],
    ["['tacocat'.substring(4), 'tacocat'.substring(0, 4)]", '["cat", "taco"]'],
    ["'tacocat'.substring(5, 4)", "error: invalid substring range. start: 5, end: 4"],
    ["'tacocat'.substring(8)", "error: index out of range: 8"],
    ["'  x \\t'.trim() + '!'", "x!"],
    ["['a', 'b'].join() + ['a', 'b'].join('-')", "aba-b"],
    ["['abc'.contains('b'), 'abc'.startsWith('ab'), 'abc'.endsWith('ab')]", "[true, true, false]"],
    ["strings.quote('a\"b')", '"a\\"b"'],
  ],
  patterns: [
    ["['abc 123'.find('[0-9]+'), 'abc'.find('z')]", '["123", ""]'],
    [
      "['123 abc 456'.findAll('[0-9]+'), '1 2 3'.findAll('[0-9]', 2), 'aab'.findAll('a*')]",
      '[["123", "456"], ["1", "2"], ["aa", ""]]',
    ],
    // The syntax is that of RE2: each of these means something else to JavaScript.
    [
      "['AbC'.matches('(?i)^abc$'), 'ab'.matches('\\\\Aab\\\\z'), 'x'.matches('[[:alpha:]]'), matches('é', '\\\\pL')]",
      "[true, true, true, true]",
    ],
    ["'a\\nb'.matches('a.b')", "false"],
  ],
  lists: [
    ["[[1, 3, 2].isSorted(), [1, 2].isSorted()]", "[false, true]"],
    [
      "[string([1, 3, 2].sum()), string([1.5, 2.0].sum()), string([duration('1m'), duration('1s')].sum())]",
      '["6", "3.5", "61s"]',
    ],
    ["[1, 3, 2].min() + [4].max()", "5"],
    ["dyn([]).min()", "error: min called on empty list"],
    ["['a', 'b', 'b'].indexOf('b') + ['a', 'b', 'b'].lastIndexOf('b')", "3"],
    [
      "[[1, 2, 3].reverse(), [1, 1, 2].distinct(), [1, 2, 3].slice(0, 2), [[1], [2]].flatten(), [3, 1].sort()]",
      "[[3, 2, 1], [1, 2], [1, 2], [1, 2], [1, 3]]",
    ],
    ["[1].slice(0, 2)", "error: cannot slice(0, 2), list is length 1"],
    [
      "[sets.contains([1, 2], [2]), sets.equivalent([1, 2, 2], [2, 1]), sets.intersects([1], [2])]",
      "[true, true, false]",
    ],
  ],
  times: [
    ["timestamp('2024-02-29T12:34:56.123456789+02:00')", "2024-02-29T12:34:56.123456789+02:00"],
    ["timestamp('2024-02-29T12:34:56Z') == timestamp('2024-02-29T13:34:56+01:00')", "true"],
    ["['getMonth', 'x'].size() + timestamp('2024-02-29T12:34:56Z').getMonth()", "3"],
    [
      "[timestamp('2024-02-29T12:34:56Z').getDayOfYear(), timestamp('2024-02-29T12:34:56Z').getDayOfMonth(), timestamp('2024-02-29T12:34:56Z').getDate(), timestamp('2024-02-29T12:34:56Z').getDayOfWeek()]",
      "[59, 28, 29, 4]",
    ],
    [
      "[timestamp('2024-02-29T23:34:56Z').getHours('Europe/Berlin'), timestamp('2024-02-29T23:34:56Z').getHours('-02:30'), timestamp('2024-02-29T23:34:56Z').getDate('+02:00')]",
      "[0, 21, 1]",
    ],
    ["timestamp(0).getHours('Mars/X')", "error: unknown time zone Mars/X"],
    ["timestamp('2024-01-01T00:00:00Z') + duration('90m')", "2024-01-01T01:30:00Z"],
    ["timestamp('2024-01-01T00:00:00Z') - timestamp('2023-12-31T00:00:00Z')", "86400s"],
    [
      "[string(duration('1h30m5.25s')), string(duration('-1.5s')), string(duration('0')), string(duration('1us'))]",
      '["5405.25s", "-1.5s", "0s", "0.000001s"]',
    ],
    [
      "[duration('1h30m').getMinutes(), duration('1500ms').getSeconds(), duration('1500ms').getMilliseconds()]",
      "[90, 1, 1500]",
    ],
    ["duration('9223372036854775807ns') + duration('1ns')", "error: integer overflow"],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1h')", "error: timestamp overflow"],
  ],
  networks: [
    [
      "[isIP('10.0.0.1'), isIP('::1'), isIP('10.0.0.01'), isIP('::ffff:10.0.0.1'), isIP('fe80::1%eth0'), isIP('x')]",
      "[true, true, false, false, false, false]",
    ],
    ["[string(ip('2001:DB8:0:0::1')), string(ip('10.0.0.1'))]", '["2001:db8::1", "10.0.0.1"]'],
    ["[ip.isCanonical('2001:db8::1'), ip.isCanonical('2001:DB8::1')]", "[true, false]"],
    ["ip('10.0.0.1').family() * 10 + ip('::1').family()", "46"],
    [
      "[ip('127.0.0.1').isLoopback(), ip('::').isUnspecified(), ip('224.0.0.1').isLinkLocalMulticast(), ip('169.254.1.1').isLinkLocalUnicast()]",
      "[true, true, true, true]",
    ],
    [
      "[ip('8.8.8.8').isGlobalUnicast(), ip('fe80::1').isLinkLocalUnicast(), ip('ff02::1').isLinkLocalMulticast(), ip('255.255.255.255').isGlobalUnicast(), ip('239.1.1.1').isGlobalUnicast()]",
      "[true, true, true, false, false]",
    ],
    [
      "ip('x').family()",
      'error: IP Address "x" parse error during conversion from string: ParseAddr("x"): unable to parse IP',
    ],
    [
      "[isCIDR('10.0.0.0/8'), isCIDR('10.0.0.0/33'), isCIDR('::/0'), isCIDR('10.0.0.0/08')]",
      "[true, false, true, false]",
    ],
    [
      "[cidr('10.0.0.0/8').containsIP('10.1.1.1'), cidr('10.0.0.0/8').containsIP(ip('11.0.0.0')), cidr('::1/64').containsIP('10.0.0.1')]",
      "[true, false, false]",
    ],
    [
      "[cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16'), cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))]",
      "[true, false]",
    ],
    [
      "[string(cidr('10.1.2.3/16').masked()), string(cidr('10.1.2.3/16').ip()), string(cidr('10.1.2.3/16'))]",
      '["10.1.0.0/16", "10.1.2.3", "10.1.2.3/16"]',
    ],
    ["cidr('10.1.2.3/16').prefixLength()", "16"],
  ],
  URLs: [
    ["url('https://user@example.com:8080/a%20b/ü?x=1#f').getHost()", "example.com:8080"],
    ["url('https://example.com:8080/a%20b/ü').getEscapedPath()", "/a%20b/%C3%BC"],
    [
      "[url('HTTPS://a/').getScheme(), url('https://[::1]:80/').getHostname(), url('https://a:8080/').getPort(), url('https://a/').getPort()]",
      '["https", "::1", "8080", ""]',
    ],
    ["url('https://example.com/?x=1&y=2&x=3').getQuery()['x']", '["1", "3"]'],
    [
      "url('nope')",
      'error: URL parse error during conversion from string: parse "nope": invalid URI for request',
    ],
    [
      "[isURL('https://a/b'), isURL('/a'), isURL('a/b'), isURL('mailto:x@y'), isURL(''), isURL('http://a b')]",
      "[true, true, false, true, false, false]",
    ],
  ],
  quantities: [
    [
      "[quantity('50k').isGreaterThan(quantity('0.05M')), quantity('1k').isLessThan(quantity('1Ki')), quantity('1Ki') == quantity('1024')]",
      "[false, true, true]",
    ],
    [
      "[quantity('1').compareTo(quantity('2')), sign(quantity('-1')), quantity('5').sub(2).asInteger()]",
      "[-1, -1, 3]",
    ],
    [
      "[quantity('1500m').asApproximateFloat(), quantity('1').add(quantity('500m')).asApproximateFloat()]",
      "[1.5, 1.5]",
    ],
    [
      "[quantity('1m').isInteger(), quantity('1.0').isInteger(), quantity('2Gi').isInteger()]",
      "[false, false, true]",
    ],
    ["quantity('1.5Gi').asInteger()", "error: cannot convert value to integer"],
    [
      "[isQuantity('1.5Gi'), isQuantity('1e3'), isQuantity('x'), isQuantity(''), isQuantity('.5'), isQuantity('5.'), isQuantity('1E'), isQuantity('1ki'), isQuantity('+1'), isQuantity('.')]",
      "[true, true, false, false, true, true, true, false, true, true]",
    ],
  ],
  "names of Kubernetes": [
    ["format.dns1123Label().validate('ok-1').hasValue()", "false"],
    ["format.dns1123Label().validate('a.b').value()", '["must not contain dots"]'],
    [
      "format.dns1035Label().validate('1a').value()",
      `["a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"]`,
    ],
    ["format.qualifiedName().validate('/x').value()", '["prefix part must be non-empty"]'],
    [
      "[format.dns1123LabelPrefix().validate('abc-').hasValue(), format.dns1123LabelPrefix().validate('-').hasValue(), format.labelValue().validate('').hasValue()]",
      "[false, true, false]",
    ],
    [
      "[format.byte().validate('a').value(), format.date().validate('2024-02-30').value()]",
      '[["invalid base64"], ["invalid date"]]',
    ],
    ["[format.named('uuid').hasValue(), format.named('nope').hasValue()]", "[true, false]"],
  ],
  formatting: [
    [
      "'%s|%d|%.2f|%f|%e|%b|%x|%X|%o|%%'.format(['a', 1, 1.5, 12345.5, 1234.5, true, 255, 'hi', 8])",
      "a|1|1.50|12,345.500000|1.234500×10⁰³|1|ff|6869|10|%",
    ],
    [
      "'%s %s %s %s'.format([true, null, [1, 'a'], {'b': 'x', 'a': 2}])",
      'true null [1, "a"] {"a":2, "b":"x"}',
    ],
    ["'%s %s %s'.format([duration('90s'), timestamp(0), int])", "90s 1970-01-01T00:00:00Z int"],
    ["'%.3e'.format([0.00012])", "1.200000×10⁻⁰⁴"],
    [
      "'%d'.format(['a'])",
      "error: error during formatting: decimal clause can only be used on integers, was given string",
    ],
  ],
};

for (const [name, cases] of Object.entries(groups)) {
  test(name, () => {
    for (const [expression, expected] of cases) assert.equal(answer(expression), expected, expression);
  });
}
