import type { ChangeRow } from "../rows.ts";

/** By priority, then by who was ready first; what was ready at once goes by name, so that the order is always the same. */
export function byTurn(a: ChangeRow, b: ChangeRow): number {
  return a.priorityRank - b.priorityRank || a.offeredAt - b.offeredAt || (a.id < b.id ? -1 : 1);
}
