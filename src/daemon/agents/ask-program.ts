import { randomUUID } from "node:crypto";
import { supervise } from "../../adapters/process/supervise.ts";
import type { Sandbox, SandboxPolicy } from "../../adapters/sandbox/sandbox.ts";
import { messageOf } from "../../std/operational-error.ts";
import { duration, lastLines, printable, singleLine } from "../../std/text.ts";

/** What came of starting a program for what it prints. */
export type Asked =
  | {
      readonly kind: "said";
      readonly code: number;
      readonly output: string;
      /** Of that, what came on its stdout. */
      readonly stdout: string;
    }
  /** It did not start, did not end in time, printed without end, or was ended; `detail` says which. */
  | { readonly kind: "nothing"; readonly detail: string };

export interface Question {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly sandbox: Sandbox;
  /** Only read where there is a sandbox. */
  readonly policy: SandboxPolicy;
  readonly timeoutMs: number;
  /** Written to its stdin, which is then closed; closed from the start where it is left out. */
  readonly stdin?: string;
  readonly signal: AbortSignal;
}

/** Help texts have tens of kilobytes; what an agent says besides its answer may be more. */
const maxOutput = 4 * 1024 * 1024;

/** Starts it without a terminal, and leaves nothing of it running. */
export async function askProgram(question: Question): Promise<Asked> {
  const { cwd, sandbox, timeoutMs, signal } = question;
  const marker = randomUUID();
  const env = { ...question.env, NIGHTCREW_MARKER: marker };
  const wrapped = await sandbox.wrap(question.argv, env, question.policy).catch(messageOf);
  if (typeof wrapped === "string")
    return { kind: "nothing", detail: `the sandbox cannot be made: ${singleLine(wrapped)}` };
  const output: Buffer[] = [];
  const stdout: Buffer[] = [];
  let size = 0;
  const supervised = supervise(wrapped.argv, {
    cwd,
    env: wrapped.env,
    marker: `NIGHTCREW_MARKER=${marker}`,
    limits: { firstOutputMs: timeoutMs, silenceMs: timeoutMs, totalMs: timeoutMs },
    stdin: question.stdin ?? null,
    converses: false,
    onStarted: () => undefined,
    onOutput(chunk, name) {
      size += chunk.length;
      if (size > maxOutput) return supervised.stop();
      output.push(chunk);
      if (name === "stdout") stdout.push(chunk);
    },
  });
  const stop = (): void => supervised.stop();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const ending = wrapped.ending(await supervised.ended);
  signal.removeEventListener("abort", stop);
  await wrapped.close();
  const said = printable(Buffer.concat(output).toString());
  switch (ending.kind) {
    case "code":
      return { kind: "said", code: ending.code, output: said, stdout: printable(Buffer.concat(stdout).toString()) };
    case "limit":
      return { kind: "nothing", detail: `no end within ${duration(timeoutMs)}` };
    case "signal":
      return { kind: "nothing", detail: `it was ended by ${ending.signal}${behind(said)}` };
    case "not-started":
      return { kind: "nothing", detail: `it did not start: ${singleLine(ending.detail)}` };
    default:
      return { kind: "nothing", detail: size > maxOutput ? "it prints without end" : "it was ended" };
  }
}

function behind(said: string): string {
  const last = singleLine(lastLines(said, 1), 120);
  return last === "" ? "" : `: ${last}`;
}
