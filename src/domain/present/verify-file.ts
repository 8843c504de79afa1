import { duration, singleLine } from "../../std/text.ts";
import { maxClaims } from "../evidence.ts";
import type { PlannedPart } from "../plan.ts";
import type { Check } from "../verdict.ts";

export interface VerifyFacts {
  readonly check: Check;
  /** Those that are said to be done in the tree. */
  readonly tasks: readonly PlannedPart[];
  /** Name of what it leaves, in its work tree. */
  readonly file: string;
}

/** Of all descriptions together. */
const maxDescriptions = 200_000;

/** TASK.md of an agent that verifies. What the tasks say is quoted: it is for them to be judged by, not for the agent to do. */
export function verifyFile({ check, tasks, file }: VerifyFacts): string {
  const prompt = check.verifier?.prompt ?? null;
  const blocks = [
    "# Verify what is in this folder",
    tasks.length === 0 ? aboutTree : aboutTasks,
    rules(check, tasks.length, file),
    prompt === null ? null : `## What this project asks you besides\n\n${prompt.trimEnd()}`,
    ...tasks.map((task, index) => taskBlock(task, index + 1, Math.floor(maxDescriptions / tasks.length))),
  ];
  return `${blocks.filter((block) => block !== null).join("\n\n")}\n`;
}

const aboutTree = `Find out whether the project in the current folder works as a whole: builds, starts, passes its own tests. Nothing in
particular was asked for.`;

const aboutTasks = `The tasks below are said to be done in the current folder. Find out whether they are, and whether what was there before
still works. \`git log\` and \`git diff HEAD^1\` tell what was changed last.`;

function rules({ timeoutMs }: Check, tasks: number, file: string): string {
  const task = tasks > 1 ? `"task": 1, ` : "";
  const about =
    tasks > 1 ? "\n- `task` is the number of the task it is about. Each task needs a command of its own." : "";
  return `## How this works

- Change nothing here: whatever else you write is thrown away. Nobody is there to answer questions.
- Your words prove nothing, and nobody reads them. What counts are commands, which are run again without you: each by \`sh -c\` in this
  folder as it was before you came, without network and without keys, all of them within ${duration(timeoutMs)}.
- Write them to the file \`${file}\` in the current folder (its path is also in the environment variable NIGHTCREW_EVIDENCE), 1 to
  ${maxClaims} of them:

\`\`\`json
{"evidence": [{${task}"claim": "what is shown", "command": "npm test", "expect": {"exit": 0, "output": "3 passed"}}]}
\`\`\`

- Each command passes where the work is right, and fails where it is not. Of something that is missing or broken give the command that
  should pass and does not: that is how you say so.
- \`expect\` may be left out: exit code 0 then, whatever it prints. \`output\` is a text that what it prints contains.${about}
- A command that cannot fail (\`true\`, \`echo ok\`, \`npm test || true\`, \`npm test | tail\`) is no evidence.
- Run the project's own tests, and look at what the tasks ask for by running it. Begin with what is most likely to be wrong.`;
}

function taskBlock({ title, description, acceptance }: PlannedPart, number: number, most: number): string {
  const lines = [
    description === "" ? "" : description.slice(0, most),
    ...acceptance.map((item) => `- [acceptance] ${item}`),
  ].filter((line) => line !== "");
  const quoted = lines.flatMap((line) => line.split("\n")).map((line) => `> ${line}`);
  return [`## Task ${number}: ${singleLine(title, 300)}`, ...(quoted.length === 0 ? [] : [quoted.join("\n")])].join(
    "\n\n",
  );
}
