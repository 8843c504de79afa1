import { createInterface } from "node:readline";

/** Asks the person at the terminal, and gives their answer in small letters; null where they left instead (Ctrl-C, Ctrl-D). */
export async function ask(question: string): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const said = await new Promise<string | null>((resolve) => {
    terminal.once("SIGINT", () => terminal.close());
    terminal.once("close", () => resolve(null));
    terminal.question(question, resolve);
  });
  terminal.close();
  if (said === null) process.stdout.write("\n");
  return said?.trim().toLowerCase() ?? null;
}

/** Whether that was a yes; so is just Enter, where `byEnter` says so. */
export function isYes(said: string | null, byEnter: boolean): boolean {
  return said === null ? false : /^y(es)?$/.test(said) || (byEnter && said === "");
}
