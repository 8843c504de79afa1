import { readFileSync } from "node:fs";
import type { ModelSays } from "./planning-model.ts";

/** What a model said to one question. Lines, so that a person can read the file. */
interface RecordedAnswer {
  readonly content: readonly string[];
  readonly finishReason?: string;
}

/** A request and what models said to it, in order; written for these tests after what models really do. */
interface Recorded {
  readonly request: string;
  readonly answers: readonly RecordedAnswer[];
}

export type RecordedName = "good" | "sloppy" | "truncated" | "hostile" | "other-languages";

const folder = new URL("../recorded/", import.meta.url);

export function recorded(name: RecordedName): Recorded {
  return parsed(`${name}.json`) as Recorded;
}

/** What was said of the rest of roadmaps, by their file names in the corpus. */
export function recordedOfRoadmaps(): Readonly<Record<string, readonly RecordedAnswer[]>> {
  return parsed("roadmaps.json") as Readonly<Record<string, readonly RecordedAnswer[]>>;
}

function parsed(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

/** Says one after the other; to more questions than were recorded, that it is broken. */
export function played(answers: readonly RecordedAnswer[]): (request: unknown, turn: number) => ModelSays {
  return (_, turn) => {
    const answer = answers[turn - 1];
    if (answer === undefined) return { error: { message: "nothing more was recorded" }, status: 400 };
    const { content, ...rest } = answer;
    return { content: content.join("\n"), ...rest };
  };
}
