import type { Gate } from "../../verdict.ts";
import type { RunRow } from "../../run.ts";

/** The definition itself, with what it runs in, is its key: two gates with the same checks in the same surroundings judge alike. */
export function gateKeyOf(
  gate: Gate | null,
  { settings: { sandbox, setup, sparse } }: Pick<RunRow, "settings">,
): string {
  return JSON.stringify(setup === undefined && sparse === undefined ? [gate, sandbox] : [gate, sandbox, setup, sparse]);
}
