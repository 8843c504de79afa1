import { scattered } from "../std/hash.ts";

/** What an attempt has changed by now, merged with the target: they conflict. */
export interface Foreseen {
  /** Sorted, and bounded. */
  readonly paths: readonly string[];
  /** The tip of the target that it was merged with. */
  readonly tip: string;
  /** The last commit of the target's own line that changed these files, since the attempt was begun. */
  readonly since: string;
}

/**
 * What is done about a conflict that is foreseen. `tell`: people are told, and the agent where it can be talked to; `stop`: the
 * attempt is ended and its task done again from the new target; `off`: nobody looks.
 */
export const predictions = ["tell", "stop", "off"] as const;
export type Prediction = (typeof predictions)[number];

/** As often a task's attempts are stopped for it, then they are only told: a target may move faster than any of them. */
export const mostForeseenStops = 2;

/** Of the message that tells its agent: hexadecimal, as agents give it back, and another one for other files. */
export function foreseenId({ tip, paths }: Foreseen): string {
  return `${tip.slice(0, 24)}${scattered(paths.join("\0")).toString(16).padStart(8, "0")}`;
}

/** Whether it is the same conflict; with what it was found is no matter. */
export function sameForeseen(a: Foreseen | null, b: Foreseen | null): boolean {
  return a === null || b === null ? a === b : a.paths.join("\0") === b.paths.join("\0");
}
