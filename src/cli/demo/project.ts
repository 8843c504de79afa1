import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentScript } from "./agent-script.ts";

export interface DemoProject {
  readonly repository: string;
  readonly home: string;
}

const files: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "wordkit",
  "version": "0.1.0",
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  "src/index.js": `export { capitalize } from "./capitalize.js";
// Word functions of this version: capitalize
`,
  "src/capitalize.js": `export function capitalize(word) {
  return word === "" ? "" : word[0].toUpperCase() + word.slice(1);
}
`,
  "test/capitalize.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { capitalize } from "../src/capitalize.js";

test("capitalize", () => assert.equal(capitalize("crew"), "Crew"));
`,
  "README.md": "# wordkit\n\nSmall functions on words.\n",
  "ROADMAP.md": `# Roadmap

## Phase 1: Functions

> **Priority**: HIGH

- [ ] **Add slugify**
  Lower case, words joined by dashes.
  **Files**: \`src/slugify.js\`, \`test/slugify.test.js\`
- [ ] **Add truncate**
  Cut to a length, with an ellipsis.
  **Files**: \`src/truncate.js\`, \`test/truncate.test.js\`
- [ ] **List slugify in the index comment**
- [ ] **List truncate in the index comment**

## Phase 2: Around them

- [ ] **Translate the README**
  **Depends on**: none
- [ ] **Document the functions**
  **Depends on**: Add slugify, Add truncate
- [ ] **Export the new functions**
  **Depends on**: List slugify in the index comment, List truncate in the index comment
- [ ] **Announce the translation**
  **Depends on**: Translate the README
`,
};

/** Agents get 20 s at most; the one below needs a few. */
function config(script: string): string {
  return `# Written by \`nightcrew demo\`.
workers: 4
agents:
  scripted:
    driver: command
    command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(script)}]
    env: [NIGHTCREW_DEMO_PACE]
    limits: {total: 20s}
gate:
  checks:
    - {name: tests, run: node --test, kind: test, timeout: 1m}
`;
}

/** A real repository with a roadmap, and beside it the script that plays the agents. */
export function makeDemoProject(folder: string): DemoProject {
  const repository = join(folder, "wordkit");
  const script = join(folder, "scripted-agent.mjs");
  for (const name of ["src", "test"]) mkdirSync(join(repository, name), { recursive: true });
  writeFileSync(script, agentScript);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(repository, name), text);
  writeFileSync(join(repository, "nightcrew.yaml"), config(script));
  git(repository, "init", "--quiet", "--initial-branch=main");
  git(repository, "config", "user.name", "Demo");
  git(repository, "config", "user.email", "demo@example.org");
  git(repository, "add", "--all");
  git(repository, "commit", "--quiet", "--no-verify", "--message", "Start of wordkit");
  return { repository, home: join(folder, "home") };
}

export function git(repository: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-c", "commit.gpgSign=false", ...args], { cwd: repository, encoding: "utf8" });
}
