// Bugs in what is shipped, one at a time: what each rule is worth is how soon something breaks without it. Both the random
// simulation and the exploration are put to them.

/** The text as it stands, once, and what takes its place. */
interface Edit {
  readonly file: string;
  readonly sound: string;
  readonly planted: string;
}

export interface PlantedBug extends Edit {
  readonly what: string;
  /** Where one place is not enough, since another would hold. */
  readonly also?: readonly Edit[];
}

export const bugs: readonly PlantedBug[] = [
  {
    what: "a release before the promises have ended",
    file: "sidecar/election/decide.ts",
    sound: "const atMs = Math.max(promisesEndMs(election.promises), notBeforeMs);",
    planted: "const atMs = notBeforeMs;",
  },
  {
    what: "a takeover after six tenths of the longest duration",
    file: "sidecar/election/free-lease.ts",
    sound: "changedAtMs + longestDurationMs",
    planted: "changedAtMs + longestDurationMs * 0.6",
  },
  {
    what: "a takeover after our own duration alone",
    file: "sidecar/election/reading.ts",
    sound: "Math.max(election.longestDurationMs, record?.durationMs ?? 0)",
    planted: "settings.leaseDurationMs",
  },
  {
    what: "validity dated from the answer",
    file: "sidecar/election/term.ts",
    sound: "seen.sentAtMs + renewDeadlineMs",
    planted: "actMs + renewDeadlineMs",
  },
  {
    what: "a second attempt at a takeover on a record that has changed",
    file: "sidecar/election/decide.ts",
    sound: 'atMs: wanted.purpose === "renew" ? joinAtMs : Math.max(wanted.atMs, joinAtMs)',
    planted: "atMs: joinAtMs",
  },
  {
    what: "settling ignored",
    file: "sidecar/election/term.ts",
    sound: "term.settledAtMs : waitMs + longestDurationMs",
    planted: "term.settledAtMs : waitMs",
  },
  {
    what: "a name without its uid",
    file: "sidecar/election/reading.ts",
    sound: " &&\n    record.mark.holderUid === settings.holderUid",
    planted: "",
  },
  {
    what: "our own record known by its term id alone",
    file: "sidecar/election/term.ts",
    sound: "record.mark?.termId === term.id &&\n    record.transitions === term.transitions",
    planted:
      "Object.values(record.lease.metadata.annotations ?? {}).some((text) => text.startsWith(`${term.id}/`))",
  },
  {
    what: "a gate counted from the answer",
    file: "gate/promise.ts",
    sound: "askedAt.actMs + answer.validForMs",
    planted: "now.actMs + answer.validForMs",
  },
  {
    what: "a connection's end that the sidecar caused taken as given back",
    file: "sidecar/election/receive.ts",
    sound: '(event.by === "peer" ? givenBack : leftStanding)(election.promises)',
    planted: "givenBack(election.promises)",
  },
  {
    what: "a predecessor's promise forgotten",
    file: "sidecar/election/reading.ts",
    sound: "predecessorUntilMs: election.startedAtMs + lifeMs",
    planted: "predecessorUntilMs: 0",
  },
  {
    what: "a promise to nobody in particular forgotten",
    file: "sidecar/election/promises.ts",
    sound: "plainUntilMs: Math.max(promises.plainUntilMs, untilMs)",
    planted: "plainUntilMs: 0",
  },
  {
    what: "a promise noted for half of its time",
    file: "sidecar/election/answer.ts",
    sound: "promised(election.promises, to, now.waitMs, validForMs)",
    planted: "promised(election.promises, to, now.waitMs, validForMs / 2)",
  },
  {
    what: "a clock that sleeps while its machine does",
    file: "platform/clock.ts",
    sound: "gainedMs += Math.max(0, bootGainMs, wallGainMs);",
    planted: "",
  },
  {
    what: "writes without a look at who holds the lease after a conflict",
    file: "sidecar/election/reading.ts",
    sound: "  return { ...election, term: null };\n}",
    planted: "  return election;\n}",
  },
  {
    what: "a stored boolean: the clock is not asked when the answer is made",
    file: "sidecar/election/election.ts",
    sound: "    now.actMs < term.validUntilMs &&\n",
    planted: "",
    also: [
      {
        file: "sidecar/election/answer.ts",
        sound: "Math.floor(validityEndMs(term) - now.actMs)",
        planted: "settings.renewDeadlineMs",
      },
    ],
  },
  {
    what: "renewTime compared with the clock",
    file: "sidecar/election/reading.ts",
    sound: "observed(election.observation, record, now.waitMs)",
    planted:
      "observed(election.observation, record, now.waitMs - Math.max(0, now.wallMs - Date.parse(record?.renewTime ?? new Date(now.wallMs).toISOString())))",
  },
  {
    what: "a D_max that forgets",
    file: "sidecar/election/reading.ts",
    sound: "Math.max(election.longestDurationMs, record?.durationMs ?? 0)",
    planted: "Math.max(settings.leaseDurationMs, record?.durationMs ?? 0)",
  },
  {
    what: "a release mark that is not bound to its term",
    file: "sidecar/election/lease-record.ts",
    sound: " || Number(bound[2]) !== transitions",
    planted: "",
  },
  {
    what: "a mark that survives acquisition",
    file: "sidecar/election/lease-record.ts",
    sound: "mark(annotations, leaseAnnotations.released, write.isReleased);",
    planted: "if (write.isReleased) mark(annotations, leaseAnnotations.released, true);",
  },
  {
    what: "promises made after a release was sent",
    file: "sidecar/election/election.ts",
    sound: '    stance.kind === "campaigning" &&\n    term?.kind',
    planted: "    term?.kind",
    also: [
      {
        file: "sidecar/election/decide.ts",
        sound: "isRelease ? withRelease(term, now.actMs) : term",
        planted: "term",
      },
    ],
  },
  {
    what: "promises waited for by the wall clock",
    file: "sidecar/election/decide.ts",
    sound: "Math.max(promisesEndMs(election.promises), notBeforeMs)",
    planted: "Math.max(promisesEndMs(election.promises) - (now.actMs - now.waitMs), notBeforeMs)",
    also: [
      {
        file: "sidecar/election/answer.ts",
        sound: "promised(election.promises, to, now.waitMs, validForMs)",
        planted: "promised(election.promises, to, now.actMs, validForMs)",
      },
    ],
  },
  {
    what: "a right to act counted by the wall clock: what has expired comes back when it is set back",
    file: "platform/clock.ts",
    sound: "actMs: monotonicMs + gainedMs",
    planted: "actMs: wallMs",
  },
  {
    what: "settling kept in memory only",
    file: "sidecar/election/lease-record.ts",
    sound: "mark(annotations, leaseAnnotations.settling, write.isSettling);",
    planted: "mark(annotations, leaseAnnotations.settling, false);",
    also: [
      {
        file: "sidecar/election/term.ts",
        sound: "if (record.mark?.isSettling) {",
        planted:
          'if (term.kind === "settling" ? waitMs < term.settledAtMs : term.kind === "sought" && term.mustSettle) {',
      },
    ],
  },
  {
    what: '"last seen" instead of "received"',
    file: "sidecar/election/reading.ts",
    sound: "observed(election.observation, record, now.waitMs)",
    planted: "observed(election.observation, record, election.newest?.seenAtMs ?? now.waitMs)",
  },
  {
    what: "a GET and a plain PUT instead of a compare-and-swap",
    file: "sidecar/election/lease-record.ts",
    sound: "metadata: { ...metadata, name:",
    planted: "metadata: { ...metadata, resourceVersion: undefined, uid: undefined, name:",
  },
  {
    what: "a lost answer taken for success",
    file: "sidecar/election/receive.ts",
    sound: 'trouble: { of: "write", failure: outcome.failure },',
    planted:
      'trouble: { of: "write", failure: outcome.failure },\n        term: election.term && (election.term.kind === "sought" ? election.term : { ...election.term, validUntilMs: now.actMs + settings.renewDeadlineMs }),',
  },
  {
    what: "a fencing token that counts terms, and not the record's versions",
    file: "sidecar/election/term.ts",
    sound: "validUntilMs, fencingToken: record.resourceVersion }",
    planted: "validUntilMs, fencingToken: String(record.transitions) }",
  },
];
