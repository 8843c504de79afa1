import { OperationalError } from "../../std/operational-error.ts";
import { printable } from "../../std/text.ts";
import { wrapped } from "./table.ts";
import type { Output } from "./terminal.ts";

export const errorVersion = 1;

/** What happened, why, and the next command. */
export function showError(error: OperationalError, output: Output): void {
  const { style, columns } = output;
  const say = (text: string, indent: number): void =>
    wrapped(text, columns, indent).forEach((line) => output.note(line));
  say(`${style.red("error:")} ${printable(error.message)}`, 7);
  if (error.why !== null) for (const line of printable(error.why).split("\n")) say(`  why:  ${line}`, 8);
  // Commands are to be copied: a terminal that breaks them knows where.
  if (error.next !== null) for (const line of printable(error.next).split("\n")) output.note(`  next: ${line}`);
}

export function errorJson(error: OperationalError): string {
  const { code, message, why, next, exitCode } = error;
  return JSON.stringify({ version: errorVersion, error: { code, what: message, why, next, exitCode } });
}
