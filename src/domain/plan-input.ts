import type { SourceKind } from "./plan.ts";
import type { DraftTask, RoadmapReading } from "./roadmap.ts";

/** What one source contributes to a plan; one without boxes or phases leaves those empty. */
export interface PlanInput {
  readonly kind: SourceKind;
  /** As given on the command line. */
  readonly name: string;
  /** For the anchors of its boxes. */
  readonly path: string;
  readonly reading: RoadmapReading;
}

/** A task of one of the sources, under the id it has in the plan. */
export interface Entry {
  readonly id: string;
  readonly draft: DraftTask;
  readonly input: PlanInput;
}

export interface SourceLine {
  /** Name of the source. */
  readonly source: string;
  readonly line: number;
}
