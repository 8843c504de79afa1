// How long roadmaps take to read, by a daemon that has just started and by one that has read them before.
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildEngine } from "./lib/engine-build.mjs";
import { line, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const project = path.resolve(import.meta.dirname, "..");
/** Documents of real projects, where they are on this machine; else some are made. */
const corpus = path.join(project, "..", "shared", "corpus", "roadmaps");
const goals = { coldMs: 3_000, keptMs: 200 };

export async function roadmaps(ground, { samples = 5 }) {
  const real = existsSync(path.join(corpus, "index.json"));
  const folder = real ? corpus : madeDocuments(ground);
  progress(`roadmaps: ${real ? "of real projects" : "made"}, ${samples} samples`);
  const out = await buildEngine(ground);
  const thread = path.join(project, "dist", "source-reader.cjs");
  const found = [];
  for (let count = 0; count < samples; count++) {
    const { stdout } = await ground.run(process.execPath, [path.join(out, "read.cjs"), thread, folder]);
    found.push(JSON.parse(stdout.trim().split("\n").at(-1)));
  }
  const of = (pick) => median(found.map(pick));
  const [{ documents, bytes, tasks }] = found;
  printTable(`Roadmaps: ${documents} documents, ${Math.round(bytes / 1_024)} KiB, ${tasks} tasks`, [
    line(
      "read for the first time",
      of(({ cold }) => cold.ms),
      { reference: "3 s", referenceMs: goals.coldMs, goal: 1 },
    ),
    line(
      "its processor time",
      of(({ cold }) => cold.processorMs),
      { reference: "3 s", referenceMs: goals.coldMs, goal: 1 },
    ),
    line(
      "read again",
      of(({ kept }) => kept.ms),
      { reference: "0.2 s", referenceMs: goals.keptMs, goal: 1 },
    ),
    line(
      "the longest the daemon was held up meanwhile",
      of(({ cold }) => cold.heldUpMs),
    ),
  ]);
}

function madeDocuments(ground) {
  const folder = ground.folder("roadmaps");
  const signs = ["- [ ]", "- [x]", "- ✅", "- 🚧", "1. [~]", "-"];
  for (let document = 0; document < 20; document++) {
    const sign = (index) => signs[(document + index) % (document % 2 === 0 ? 2 : signs.length)];
    const items = Array.from({ length: 100 }, (_, index) => {
      const heading = index % 10 === 0 ? `\n## Phase ${1 + index / 10}: Part\n\n` : "";
      return `${heading}${sign(index)} **Task ${index}** of it\n  Words about it.\n  **Files**: \`src/${index}.ts\`\n`;
    });
    writeFileSync(path.join(folder, `${document}.md`), `# Roadmap\n${items.join("")}`);
  }
  return folder;
}
