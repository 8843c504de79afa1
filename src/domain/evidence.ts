import { parseJsonObject } from "../std/json-lines.ts";
import { lastLines, printable, singleLine } from "../std/text.ts";
import { isHollow } from "./hollow-command.ts";
import { causeText } from "./present/failure-text.ts";
import { executed, type TestCount } from "./test-count.ts";
import { judgeGo, type Check, type CheckGo, type CheckVerdict } from "./verdict.ts";

/**
 * What a verifying agent leaves: commands that pass where the tasks are done, and do not where they are not. Its words prove
 * nothing; the commands are run by code.
 */
export interface Claim {
  /** Which of the tasks it was asked about, from 1; 0: none in particular. */
  readonly task: number;
  readonly claim: string;
  /** A line for `sh -c`. */
  readonly command: string;
  /** The exit code it must have. */
  readonly exit: number;
  /** What its output must contain; null: anything. */
  readonly output: string | null;
}

export type Evidence =
  /** `refused`: those that prove nothing, and why. */
  | { readonly ok: true; readonly claims: readonly Claim[]; readonly refused: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** Bytes of the file. */
export const maxEvidence = 64 * 1024;
export const maxClaims = 30;
const maxSentence = 500;
const maxCommand = 4_000;

/** `tasks`: how many it was asked about. Each of them has to have a command of its own. */
export function parseEvidence(text: string, tasks: number): Evidence {
  if (text.length > maxEvidence) return { ok: false, why: `it has more than ${maxEvidence} characters` };
  const items = parseJsonObject(text)?.["evidence"];
  if (!Array.isArray(items)) return { ok: false, why: 'it is no object {"evidence": […]}' };
  if (items.length > maxClaims) return { ok: false, why: `it has more than ${maxClaims} commands` };
  const claims: Claim[] = [];
  const refused: string[] = [];
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const claim = claimOf(item, tasks);
    if (typeof claim === "string") return { ok: false, why: `number ${index + 1}: ${claim}` };
    if (isHollow(claim)) refused.push(`“${singleLine(claim.command, 100)}” passes whatever the tree is`);
    else claims.push(claim);
  }
  if (claims.length === 0) return { ok: false, why: refused[0] ?? "there is not one command in it" };
  for (let task = 1; task <= tasks; task++)
    if (claims.every((claim) => claim.task !== task)) return { ok: false, why: `no command is about task ${task}` };
  return { ok: true, claims, refused };
}

/** Or what is wrong with it. */
function claimOf(item: unknown, tasks: number): Claim | string {
  if (typeof item !== "object" || item === null) return "it is no object";
  const { task = tasks === 1 ? 1 : 0, claim, command, expect = {} } = item as Record<string, unknown>;
  if (typeof task !== "number" || !Number.isInteger(task) || task < 0 || task > tasks)
    return tasks === 0 ? "there are no tasks" : `\`task\` is a number from 1 to ${tasks}`;
  if (!isText(claim, maxSentence)) return `\`claim\` is a text of at most ${maxSentence} characters`;
  if (!isText(command, maxCommand)) return `\`command\` is a text of at most ${maxCommand} characters`;
  if (printable(command) !== command) return "`command` has control characters";
  if (typeof expect !== "object" || expect === null || Array.isArray(expect)) return "`expect` is no object";
  const { exit = 0, output = null } = expect as Record<string, unknown>;
  if (typeof exit !== "number" || !Number.isInteger(exit) || exit < 0 || exit > 125)
    return "`expect.exit` is an exit code from 0 to 125";
  if (output !== null && !isText(output, maxSentence))
    return `\`expect.output\` is a text of at most ${maxSentence} characters`;
  return { task, claim: singleLine(claim, maxSentence), command: command.trim(), exit, output };
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= most;
}

/** One command of the evidence, run. */
export interface Shown {
  readonly claim: Claim;
  readonly go: CheckGo;
  /** Whether what it printed contains what it has to; true where nothing has to be in it. */
  readonly contains: boolean;
}

/** What the commands say together: all have to pass; one that could not be run says nothing, and so nothing is known. */
export function judgeEvidence(shown: readonly Shown[], refused: readonly string[]): Omit<CheckGo, "durationMs"> {
  const judged = shown.map((one) => ({ ...one, verdict: judgeClaim(one) }));
  const failed = judged.filter(({ verdict }) => verdict.verdict === "fail");
  const open = judged.find(({ verdict }) => verdict.verdict === "blocked");
  const lines = [
    ...refused.map((why) => `no evidence: ${why}`),
    ...judged.flatMap((one) => (one.verdict.verdict === "pass" ? [`holds: ${one.claim.claim}`] : [])),
    ...judged.flatMap((one) =>
      one.verdict.verdict === "blocked" ? [claimText(one, causeText(one.verdict.cause))] : [],
    ),
    // Whoever reads only the end reads these.
    ...judged.flatMap((one) => (one.verdict.verdict === "fail" ? [claimText(one, one.verdict.exit)] : [])),
  ];
  const output = lines.join("\n").slice(-maxOutput);
  const tests = mostTests(shown);
  if (shown.some(({ go }) => go.exit.kind === "stopped")) return { exit: { kind: "stopped" }, tests, output };
  if (failed.length > 0 || open === undefined)
    return { exit: { kind: "evidence", commands: shown.length, failed: failed.length }, tests, output };
  return { exit: { kind: "no-evidence", detail: open.claim.command }, tests, output };
}

/** Characters. */
const maxOutput = 20_000;
const shownLines = 20;

function claimText({ claim, go }: Shown, how: string): string {
  const said = lastLines(go.output, shownLines, 2_000);
  return `does not hold: ${claim.claim}\n$ ${claim.command}\n${how}${said === "" ? "" : `\n${said}`}`;
}

/** As any command is judged, but for the exit code that it has to have. */
function judgeClaim({ claim, go, contains }: Shown): CheckVerdict {
  const { exit } = go;
  if (exit.kind !== "code") return judgeGo(asCheck, go);
  const met = exit.code === claim.exit;
  const missed = exit.code === 0 ? 1 : exit.code;
  const verdict = judgeGo(asCheck, { ...go, exit: { kind: "code", code: met ? 0 : missed } });
  if (verdict.verdict === "pass" && !contains)
    return { ...verdict, verdict: "fail", exit: `its output does not contain “${claim.output}”`, log: go.output };
  if (verdict.verdict === "fail" && !met && claim.exit !== 0)
    return { ...verdict, exit: `exit code ${exit.code} instead of ${claim.exit}` };
  return verdict;
}

const asCheck: Check = { name: "evidence", run: "", kind: "command", timeoutMs: 0 };

/** The same tests may be run by several commands: they are not counted twice. */
function mostTests(shown: readonly Shown[]): TestCount | null {
  const counts = shown.flatMap(({ go }) => (go.tests === null ? [] : [go.tests]));
  return counts.toSorted((a, b) => executed(b) - executed(a))[0] ?? null;
}
