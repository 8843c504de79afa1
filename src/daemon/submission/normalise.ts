import { readTasks } from "../../adapters/models/read-tasks.ts";
import { structuredAnswer } from "../../adapters/models/structured-answer.ts";
import { answerTokens } from "../../domain/decompose/bounds.ts";
import { restSchema } from "../../domain/decompose/answer-schema.ts";
import { shorterText, systemText } from "../../domain/decompose/question-text.ts";
import { portionsOf, restQuestion, restTasks, type ReadRestTasks, type Rest } from "../../domain/decompose/rest.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { RoadmapReading, Unread } from "../../domain/roadmap.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { plural } from "../../std/text.ts";
import { askedOnce, type AskMeans } from "./asked-once.ts";
import { askedInAll, type Asked } from "./planning-folder.ts";

export interface Normalising {
  /** The roadmap, as it was named. */
  readonly word: string;
  readonly reading: RoadmapReading;
  readonly maxTasks: number;
}

export interface Normalised {
  readonly reading: RoadmapReading;
  readonly notes: readonly string[];
  /** Null: there was nothing that could be asked. */
  readonly asked: Asked | null;
}

const { redact } = makeRedactor({ values: [] });
/** Of one roadmap; what is left then is told of as before. */
const maxQuestions = 5;

/** Has a model read the rest of a roadmap: what it finds there are tasks with nothing to tick, each tied to its lines. */
export async function normalise({ word, reading, maxTasks }: Normalising, means: AskMeans): Promise<Normalised> {
  const read: (ReadRestTasks & Asked)[] = [];
  const shown: Unread[] = [];
  const notes: string[] = [];
  for (const ranges of portionsOf(reading.unread).slice(0, maxQuestions)) {
    const found = read.flatMap(({ tasks }) => tasks);
    const room = maxTasks - found.length;
    if (room <= 0) break;
    try {
      read.push(await readPortion({ ranges, tasks: [...reading.tasks, ...found] }, room, means));
    } catch (error) {
      // What was read and paid for by then is kept.
      if (!(error instanceof OperationalError) || read.length === 0 || means.signal.aborted) throw error;
      notes.push(`${word}: from line ${ranges[0]?.from ?? 0} on no model was asked any more: ${error.message}`);
      break;
    }
    shown.push(...ranges);
  }
  const tasks = read.flatMap((one) => one.tasks);
  const findings = read.flatMap((one) => one.findings);
  const all = [...reading.tasks, ...tasks].sort((a, b) => a.line - b.line);
  return {
    reading: { ...reading, tasks: all, unread: reading.unread.filter((range) => !isShown(range, shown)) },
    notes: [
      `${word}: ${plural(tasks.length, "task")} read by a model in what was not understood`,
      ...findings.map((finding) => `${word}: ${finding}`),
      ...notes,
    ],
    asked: askedInAll(read),
  };
}

/** To its last line: one that was cut was shown in pieces, one after the other. */
function isShown({ to }: Unread, shown: readonly Unread[]): boolean {
  return shown.some((piece) => piece.to === to);
}

async function readPortion(rest: Rest, maxTasks: number, means: AskMeans): Promise<ReadRestTasks & Asked> {
  const text = redact(restQuestion(rest, maxTasks));
  return askedOnce<ReadRestTasks>(text, means, async (asker, signal) => {
    const answered = await structuredAnswer({
      asker,
      question: {
        system: systemText,
        turns: [{ role: "user", text }],
        form: { name: "plan", schema: restSchema },
        maxTokens: answerTokens(maxTasks),
      },
      understand: (value) => readTasks(value, maxTasks, 0),
      shorter: `${text}\n\n${shorterText(maxTasks)}`,
      signal,
    });
    return restTasks(answered, rest);
  });
}
