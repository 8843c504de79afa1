import { join } from "node:path";
import { readIfThere } from "../adapters/files/read-if-there.ts";
import { sandboxFileName } from "../api/home.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { SandboxChoice } from "./submission/sandbox.ts";

const choices: readonly SandboxChoice[] = ["auto", "allow-none", "none"];

/** `NIGHTCREW_SANDBOX` of whoever asks, else the word in `<home>/sandbox`, else `auto`. */
export async function sandboxChoice(home: string, asked: string | undefined): Promise<SandboxChoice> {
  const file = join(home, sandboxFileName);
  const [word, from] = asked ? [asked, "NIGHTCREW_SANDBOX"] : [((await readIfThere(file)) ?? "").trim(), file];
  const choice = word === "" ? "auto" : choices.find((known) => known === word);
  if (choice !== undefined) return choice;
  throw new OperationalError({
    code: "invalid-setting",
    what: `${from} says nothing about sandboxes: ${word.slice(0, 50)}`,
    why: `it is one of ${choices.join(", ")}`,
    next: "correct it, or leave it out",
  });
}
