/** What an invariant has to say: its number and what broke it, or null while it holds. */
export type Finding = string | null;
