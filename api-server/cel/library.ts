// All functions and operators that a rule may use: those of CEL, and those that Kubernetes adds. What is not here is not
// there: a rule that uses it is refused when its definition is applied.
import { conversions } from "./functions/conversions.ts";
import { lists } from "./functions/lists.ts";
import { nameFormats } from "./functions/name-formats.ts";
import { networkFunctions } from "./functions/networks.ts";
import { operators } from "./functions/operators.ts";
import { optionals } from "./functions/optionals.ts";
import { quantities } from "./functions/quantities.ts";
import { texts } from "./functions/texts.ts";
import { times } from "./functions/times.ts";
import { functionsOf } from "./overloads.ts";

export const functions = functionsOf(
  operators,
  conversions,
  optionals,
  lists,
  texts,
  times,
  networkFunctions,
  quantities,
  nameFormats,
);
