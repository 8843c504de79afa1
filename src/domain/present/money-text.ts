import type { AssignReason } from "../assign.ts";
import type { Budget, Cap } from "../budget.ts";
import type { Spend } from "../prices.ts";
import { scopeText, usdText } from "./failure-text.ts";

export function capText({ scope, capUsd }: Cap): string {
  return `the cap of ${usdText(capUsd)} for ${scopeText(scope)} is reached`;
}

export function budgetText(budget: Budget): string {
  const parts = [
    ["attempt", budget.attemptUsd],
    ["task", budget.taskUsd],
    ["run", budget.runUsd],
    ["day", budget.dayUsd],
  ] as const;
  return parts.map(([scope, cap]) => `${scope} ${cap === null ? "no cap" : usdText(cap)}`).join(", ");
}

/** An estimate is called one. */
export function spendText({ amountUsd, basis, by }: Spend): string {
  if (amountUsd === null) return "no cost declared";
  const how = { reported: "reported", priced: pricedText(by), estimate: "estimate", undeclared: "" }[basis];
  return `${usdText(amountUsd)} (${how})`;
}

function pricedText(by: Spend["by"]): string {
  if (by === undefined) return "by price table";
  return by.kind === "own" ? "by your price" : `by the price table of ${by.version}`;
}

/** Empty where it needs no words. */
export function whyText(why: AssignReason): string {
  switch (why.reason) {
    case "named":
    case "default":
      return "";
    case "capable":
      return ", for what it can do";
    case "backup":
      return `, for ${why.of}, which ${{ limited: "is out of quota", busy: "is busy", failed: "failed at it" }[why.because]}`;
  }
}
