// Why an answer is what it is: one word each, what it means, and what a person can look at who expected another.

interface ReasonKind {
  readonly meaning: string;
  /** Empty: nothing is wrong. */
  readonly lookAt: string;
}

export const reasons = {
  Leading: { meaning: "This pod holds the lease, and its validity runs.", lookAt: "" },
  Following: { meaning: "Another pod holds the lease.", lookAt: "" },
  Electing: {
    meaning: "The lease is free, and this pod tries to acquire it; or it was not read yet.",
    lookAt: "",
  },
  Settling: {
    meaning:
      "The lease was missing and this pod has created it: it waits until no former holder can still count on it.",
    lookAt: "Who deleted the Lease? Leave it where it is.",
  },
  WaitingForOperator: {
    meaning: "No operator asks, so this pod does not seek the lease.",
    lookAt: "Is the operator up, and its `LEADER_URL` right?",
  },
  OperatorSilent: {
    meaning: "The operator fell silent or ended, so this pod has given the lease up and sits out.",
    lookAt: "The operator's log: did it crash, or did its event loop stand still?",
  },
  Draining: { meaning: "This sidecar was asked to end.", lookAt: "" },
  SteppedDown: {
    meaning: "`DELETE /leader` was asked for: it sits out until another pod has led.",
    lookAt: "",
  },
  ApiServerUnreachable: {
    meaning: "The API server gives no useful answer.",
    lookAt:
      "The message: it says whether nothing listens, a name cannot be resolved, a NetworkPolicy or firewall is in between, " +
      "or which certificate does not fit.",
  },
  Forbidden: {
    meaning: "A verb on the Lease is not allowed.",
    lookAt: "The verb, the resource, the namespace and the account, all four in the message.",
  },
  Unauthorized: {
    meaning: "The API server does not take the credentials.",
    lookAt:
      "The token's audience and expiry, which the message gives; whether it is this cluster's; the plugin, where there is one.",
  },
  NamespaceMissing: {
    meaning: "The namespace of the Lease does not exist.",
    lookAt: "`LEASE_NAMESPACE`.",
  },
  LeaseInvalid: {
    meaning: "The API server refuses the Lease that is written.",
    lookAt: "The message, which is the server's: an admission policy, or a name that is none.",
  },
  CoordinatedElection: {
    meaning: "The Lease has a `spec.strategy`: another kind of election owns it.",
    lookAt: "Give this one a Lease of its own, by `LEASE_NAME`.",
  },
  Disabled: { meaning: "Election is switched off: this pod always leads.", lookAt: "" },
} as const satisfies Readonly<Record<string, ReasonKind>>;

export type LeaderReason = keyof typeof reasons;
