import { readTasks } from "../../adapters/models/read-tasks.ts";
import { structuredAnswer } from "../../adapters/models/structured-answer.ts";
import { answerTokens } from "../../domain/decompose/bounds.ts";
import { restSchema } from "../../domain/decompose/answer-schema.ts";
import { shorterText, systemText } from "../../domain/decompose/question-text.ts";
import { restQuestion, restTasks, shownRanges, type Rest } from "../../domain/decompose/rest.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import { plural } from "../../std/text.ts";
import { askedOnce, type AskMeans } from "./asked-once.ts";
import type { Asked } from "./planning-folder.ts";

export interface Normalising {
  /** The roadmap, as it was named. */
  readonly word: string;
  readonly reading: RoadmapReading;
  readonly maxTasks: number;
}

export interface Normalised {
  readonly reading: RoadmapReading;
  readonly notes: readonly string[];
}

const { redact } = makeRedactor({ values: [] });

/** Has a model read the rest of a roadmap: what it finds there are tasks with nothing to tick, each tied to its lines. */
export async function normalise(asked: Normalising, means: AskMeans): Promise<Normalised & Asked> {
  const { word, reading, maxTasks } = asked;
  const rest: Rest = { ranges: shownRanges(reading.unread), tasks: reading.tasks };
  const text = redact(restQuestion(rest, maxTasks));
  return askedOnce<Normalised>(text, means, async (asker, signal) => {
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
    const { tasks, findings } = restTasks(answered, rest);
    const notes = [
      `${word}: ${plural(tasks.length, "task")} read by a model in what was not understood`,
      ...findings.map((finding) => `${word}: ${finding}`),
    ];
    const unread = reading.unread.filter((range) => !rest.ranges.includes(range));
    const all = [...reading.tasks, ...tasks].sort((a, b) => a.line - b.line);
    return { reading: { ...reading, tasks: all, unread }, notes };
  });
}
