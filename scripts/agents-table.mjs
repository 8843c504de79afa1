// Writes docs/reference/agents-table.md from the JSON results of a conformance run:
// npm run test:agents -- --reporter=json --outputFile.json=FILE && node scripts/agents-table.mjs FILE
// Of several files, the later ones say what was not tried in those before.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** `{ agent, name, status, outcomes, note }` of every test of the conformance run. */
export function cellsOf(results) {
  return results.testResults
    .filter(({ name }) => name.endsWith("conformance.test.ts"))
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ ancestorTitles, title, status, meta = {} }) => ({
      agent: title,
      name: ancestorTitles.at(-1),
      status,
      outcomes: meta.outcomes ?? [],
      note: meta.note ?? null,
      version: meta.version ?? null,
    }));
}

/** One for each case of each agent: the last that was tried, else the last. */
export function latestOf(cells) {
  const found = new Map();
  for (const cell of cells) {
    const key = `${cell.name} > ${cell.agent}`;
    const isTried = cell.status === "passed" || cell.status === "failed";
    if (isTried || !found.has(key)) found.set(key, cell);
  }
  return [...found.values()];
}

/** The whole document. Unknown is shown as unknown: what was not tried has no mark. */
export function tableOf(cells) {
  const agents = [...new Set(cells.map(({ agent }) => agent))];
  const names = [...new Set(cells.map(({ name }) => name))];
  const notes = [];
  const mark = (text) => {
    if (!notes.includes(text)) notes.push(text);
    return `${notes.indexOf(text) + 1}`;
  };
  const cell = (agent, name) => {
    const found = cells.find((one) => one.agent === agent && one.name === name);
    if (found === undefined) return "";
    const shown = found.outcomes.map(plain).join(", ");
    if (found.status === "passed") return found.note === null ? shown : `${shown} (${mark(found.note)})`;
    if (found.status === "failed") return `**not as promised**: ${shown || "no outcome"}`;
    return found.note === null ? "not tried" : `– (${mark(found.note)})`;
  };
  const rows = names.map((name) => `| ${[name, ...agents.map((agent) => cell(agent, name))].join(" | ")} |`);
  const versions = agents.map((agent) => cells.find((one) => one.agent === agent && one.version !== null)?.version);
  const counts = ["passed", "failed"].map((status) => cells.filter((one) => one.status === status).length);
  return `# Agents, as they were tried

Written by \`scripts/agents-table.mjs\` from runs of \`npm run test:agents\`: every driver with the real program behind it, a scripted
model on loopback and no way to the internet, through nightcrew's own command line. A cell is the outcome that nightcrew gave the
attempt; where nothing else is said, it is what was expected, no process was left, and nothing but the task's own files landed.
${counts[0]} cells are as promised, ${counts[1]} are not.

| case | ${agents.join(" | ")} |
| --- | ${agents.map(() => "---").join(" | ")} |
| version | ${versions.map((version) => version ?? "not tried").join(" | ")} |
${rows.join("\n")}

${notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}
`;
}

function plain(outcome) {
  return outcome.replaceAll("|", "\\|").replace("agent-failed ", "");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = process.argv.slice(2);
  const cells = latestOf(files.flatMap((file) => cellsOf(JSON.parse(readFileSync(file, "utf8")))));
  if (!cells.some(({ status }) => status === "passed"))
    throw new Error("no case passed: no table is written from that");
  writeFileSync(join(root, "docs", "reference", "agents-table.md"), tableOf(cells));
}
