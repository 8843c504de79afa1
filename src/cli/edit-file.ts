import { spawn } from "node:child_process";
import { OperationalError } from "../std/operational-error.ts";

/** Opens a file in the person's editor, chosen as git does it, and waits until that is closed. */
export async function editFile(file: string): Promise<void> {
  const editor = requireEditor(file);
  // A line for the shell, as in git: it may have arguments.
  // Ctrl-C is the editor's to understand, as with git.
  process.on("SIGINT", ignore);
  const child = spawn("sh", ["-c", `${editor} "$@"`, "editor", file], { stdio: "inherit" });
  const ended = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? code}`));
  });
  process.off("SIGINT", ignore);
  if (ended !== null) throw noEditor(file, `${editor}: ${ended}`);
}

/** What is opened in it; thrown where nobody is there to use one. */
export function requireEditor(file: string): string {
  const editor = [process.env["VISUAL"], process.env["EDITOR"]].find((one) => (one ?? "").trim() !== "");
  if (editor === undefined && !process.stdin.isTTY) throw noEditor(file, "neither VISUAL nor EDITOR is set");
  return editor ?? "vi";
}

const ignore = (): void => undefined;

function noEditor(file: string, why: string): OperationalError {
  return new OperationalError({
    code: "no-editor",
    what: `No editor could be used on ${file}`,
    why,
    next: `name one: EDITOR=nano nightcrew plan edit ${file}`,
  });
}
