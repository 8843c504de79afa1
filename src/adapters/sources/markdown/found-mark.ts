import type { Nodes } from "mdast";
import type { MarkKind, Sureness } from "../../../domain/plan.ts";
import type { MarkState } from "../../../domain/roadmap.ts";

/** Words of a task's first line. */
export interface Label {
  /** Without what comes before, and without the mark. */
  readonly source: string;
  readonly text: string;
  readonly line: number;
}

/** A mark before it is decided whether it stands for a task. */
export interface FoundMark {
  readonly kind: MarkKind;
  /** What it marks: an item, a heading or a row. */
  readonly node: Nodes;
  /** In `ParsedMarkdown.text`. */
  readonly offset: number;
  readonly text: string;
  readonly state: MarkState;
  readonly sure: Sureness;
  /** Clear enough to count beside boxes. */
  readonly clear: boolean;
  readonly label: Label;
  /** From 1. */
  readonly line: number;
  /** What is written when it is done; null: whatever the document has elsewhere. */
  readonly done: string | null;
  /** Column of a table, or key, that it stands in or behind; empty elsewhere. */
  readonly key: string;
}
