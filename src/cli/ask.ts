import { createInterface } from "node:readline/promises";

/** Asks the person at the terminal, and gives their answer in small letters. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim().toLowerCase();
  } finally {
    terminal.close();
  }
}
