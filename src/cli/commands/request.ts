import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Client } from "../../api/client.ts";
import type { PlanRequest } from "../../api/contract.ts";
import { maxRequestLength } from "../../domain/decompose/bounds.ts";
import { pick } from "../../domain/environment.ts";
import { isIssueWord } from "../../domain/issue-word.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { fit } from "../../std/text.ts";
import { terminalOf, type Context } from "../context.ts";
import { leftCode } from "../leave.ts";
import type { Output } from "../output/terminal.ts";
import { silentMs } from "../output/waiting.ts";

export interface RequestOptions {
  readonly stdin?: boolean;
  readonly asTasks?: boolean;
  readonly normalise?: boolean;
  readonly model?: string;
  readonly maxTasks?: number;
}

/** What of a submission concerns words that a model may make a plan of. */
export interface RequestPart {
  readonly fields: Partial<PlanRequest>;
  /** Who will be asked; null: nobody. */
  readonly by: string | null;
}

/** Reads the request, and the keys that asking for a plan of it will need. */
export async function requestPart(
  client: Client,
  context: Context,
  sources: readonly string[],
  options: RequestOptions,
): Promise<RequestPart> {
  const { stdin, asTasks, normalise, model, maxTasks } = options;
  if (sources.length === 0 && stdin !== true) throw noSource();
  const request = stdin === true ? await readRequest() : undefined;
  const stated = Object.entries({ request, asTasks, normalise, model, maxTasks }).filter(
    ([, value]) => value !== undefined,
  );
  const fields = Object.fromEntries(stated);
  const mayAsk = normalise === true || (asTasks !== true && (request !== undefined || isWords(sources, context.cwd)));
  if (!mayAsk) return { fields, by: null };
  const { by, keys } = await client.call("planning", {
    ...terminalOf(context),
    ...(model === undefined ? {} : { model }),
  });
  return { fields: { ...fields, keys: pick(process.env, (name) => keys.includes(name)) }, by };
}

/** One that is no file. The daemon looks closer. */
function isWords(sources: readonly string[], cwd: string): boolean {
  const [word = ""] = sources;
  return sources.length === 1 && !isIssueWord(word) && !word.includes("\0") && !existsSync(resolve(cwd, word));
}

async function readRequest(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk as Buffer));
    size += chunks.at(-1)?.length ?? 0;
    if (size > maxRequestLength) throw tooLong();
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() !== "") return text;
  throw new OperationalError({
    code: "empty-request",
    what: "Nothing was said on standard input",
    next: "nightcrew run --stdin --yes < request.txt",
  });
}

function tooLong(): OperationalError {
  return new OperationalError({
    code: "request-too-long",
    what: `The request has more than ${maxRequestLength / 1_000} kB`,
    why: "a model would have to read all of it; nothing was sent",
    next: "say it in fewer words, and name the files that tell the rest",
  });
}

function noSource(): OperationalError {
  return new OperationalError({
    code: "usage",
    what: "missing required argument 'source'",
    next: 'nightcrew run ROADMAP.md, nightcrew run "Fix the login form", or --stdin',
  });
}

/** Where nobody watches and nobody else is asked, only a machine that has too much to do takes longer. */
const unwatchedMs = 10_000;
const betweenMs = 30_000;

/**
 * Says, beside the answer, what is being done and who is asked, while that takes long; to a person every second. Ctrl-C ends the
 * asking, and that is said.
 */
export async function sayingWhatTakesLong<T>(by: string | null, output: Output, asked: () => Promise<T>): Promise<T> {
  const from = Date.now();
  const what = by === null ? "planning" : `asking ${by} for a plan`;
  const live = output.interactive && process.stderr.isTTY;
  const tell = (): void => {
    const text = `${what} … ${Math.round((Date.now() - from) / 1_000)} s`;
    if (live) process.stderr.write(`\r${fit(text, output.columns)}`);
    else output.note(text);
    told = true;
    timer = setTimeout(tell, live ? silentMs : betweenMs);
  };
  let told = false;
  let timer = setTimeout(tell, live || by !== null ? silentMs : unwatchedMs);
  const onInterrupt = (): void => {
    output.note(`${told && live ? "\n" : ""}${what} was ended: nothing was begun`);
    // By the end of this process the daemon knows that nobody waits for an answer.
    process.exit(leftCode);
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await asked();
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onInterrupt);
    if (told && live) process.stderr.write("\n");
  }
}
