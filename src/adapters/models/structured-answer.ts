import { OperationalError } from "../../std/operational-error.ts";
import { ellipsis, singleLine } from "../../std/text.ts";
import type { Asker, Question, Said, Turn } from "./asker.ts";
import { readJson } from "./read-json.ts";

/** What was made of an answer; `problem` says, to whoever gave it, why nothing could be. */
export type Understood<T> = { readonly ok: true; readonly value: T } | Misunderstood;

export interface Misunderstood {
  readonly ok: false;
  readonly problem: string;
  /** What a person may do besides asking another model. */
  readonly next?: string;
}

export interface Structured<T> {
  readonly asker: Asker;
  readonly question: Question;
  readonly understand: (value: unknown) => Understood<T>;
  /** Asked instead of the last turn, where an answer did not fit into the model's limit. */
  readonly shorter: string;
  readonly signal: AbortSignal;
}

/** So often an answer that cannot be used is sent back with what is wrong with it. */
const maxRepairs = 2;
/** More of a wrong answer than this only makes the next question dearer. */
const maxReturned = 60_000;
/** Of it, to a person: a refusal is in a sentence or two. */
const maxShown = 200;

/** Asks until the answer has its form, a bounded number of times. */
export async function structuredAnswer<T>({ asker, question, ...of }: Structured<T>): Promise<T> {
  let turns: readonly Turn[] = question.turns;
  for (let repairs = 0; ; repairs++) {
    const said = await asker.ask({ ...question, turns }, of.signal);
    const understood = said.cut ? cutOff : understand(said.text, of.understand);
    if (understood.ok) return understood.value;
    if (repairs === maxRepairs) throw unusable(asker, said, understood);
    // What is asked for anew stands for the question: some endpoints refuse two turns of one side in a row.
    turns = said.cut
      ? [...question.turns.slice(0, -1), { role: "user", text: of.shorter }]
      : [...question.turns, returned(said.text), { role: "user", text: repairText(understood.problem) }];
  }
}

const noJson = "it is not JSON";
const cutOff = { ok: false, problem: "it ends at the model's limit, before it is whole" } as const;

function understand<T>(text: string, read: Structured<T>["understand"]): Understood<T> {
  try {
    return read(readJson(text));
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, problem: `${noJson}: ${singleLine(error.message, 300)}` };
    throw error;
  }
}

/** An empty turn is refused by endpoints. */
function returned(text: string): Turn {
  return { role: "assistant", text: text.trim() === "" ? "(nothing)" : ellipsis(text, maxReturned) };
}

function repairText(problem: string): string {
  return `That answer cannot be used: ${problem}\n\nGive the whole answer again, corrected, and nothing but the JSON.`;
}

function unusable({ name }: Asker, { text }: Said, { problem, next }: Misunderstood): OperationalError {
  // Whoever speaks in sentences may have refused: a person should hear that.
  const words = problem.startsWith(noJson) ? singleLine(text, maxShown) : "";
  return new OperationalError({
    code: "planning-answer",
    what: `${name} gave no plan that could be used, asked ${maxRepairs + 1} times`,
    why: words === "" ? problem : `${problem}\nit said: ${words}`,
    next: `${next === undefined ? "" : `${next}, `}name another model: --model NAME, say it in other words, or have the text done as one task: --as-tasks`,
  });
}
