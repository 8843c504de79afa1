import type { Heading, ListItem, Nodes, TableRow } from "mdast";
import type { Sureness } from "../../../domain/plan.ts";
import type { MarkState, UnreadReason } from "../../../domain/roadmap.ts";
import type { FoundMark, Label } from "./found-mark.ts";

/** A node that is a task, or a sub-task where it is within one. */
export interface Start {
  readonly node: ListItem | Heading | TableRow;
  /** Null: there is nothing to tick. */
  readonly mark: FoundMark | null;
  readonly state: MarkState;
  readonly sure: Sureness;
  readonly label: Label;
  /** Columns of the table that say something of it. */
  readonly table: { readonly heads: readonly string[]; readonly titleColumn: number } | null;
}

export interface UnreadLines {
  readonly from: number;
  readonly to: number;
  readonly reason: UnreadReason;
}

export function unreadNode({ position }: Pick<Nodes, "position">, reason: UnreadReason): UnreadLines {
  return { from: position?.start.line ?? 1, to: position?.end.line ?? 1, reason };
}
