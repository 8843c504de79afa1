import type { PlanRequest } from "../../api/contract.ts";
import { usualMaxTasks } from "../../domain/decompose/bounds.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import { askingOf, nobodyToAsk, type PlanningPlace } from "./planning-means.ts";
import type { Asked } from "./planning-folder.ts";

/** A roadmap with what a model read in the rest of it. */
export interface ReadRest {
  readonly reading: RoadmapReading;
  readonly notes: readonly string[];
  /** Null: none was asked. */
  readonly made: Asked | null;
}

/** Has a model read the lines that may hold work and were not taken for any, where that is asked for. */
export function restReader(
  request: PlanRequest,
  place: PlanningPlace,
): (word: string, reading: RoadmapReading) => Promise<ReadRest> {
  return async (word, reading) => {
    const { unread } = reading;
    if (unread.length === 0 || request.normalise !== true) return { reading, notes: [], made: null };
    const asking = await askingOf(request, place);
    if (asking === null) throw nobodyToAsk();
    const { normalise } = await import("./normalise.ts");
    const made = await normalise({ word, reading, maxTasks: request.maxTasks ?? usualMaxTasks }, asking.means);
    return { reading: made.reading, notes: made.notes, made: made.asked };
  };
}
