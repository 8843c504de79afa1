// What write sets cost: a decision among many tasks that have some, and the import graph of a repository that is made for it.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { buildEngine } from "./lib/engine-build.mjs";
import { bounded, line, median, printTable } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const dist = path.resolve(import.meta.dirname, "../dist");
const goals = { decisionMs: 10, coldMs: 10_000, editMs: 1_000 };

export async function collisions(ground, { tasks = 10_000, files: [files] = [3_000], samples = 3 }) {
  progress(`collisions: ${tasks} tasks with write sets; the imports of ${files} files`);
  const out = await buildEngine(ground);
  const { stdout } = await ground.run(process.execPath, [path.join(out, "decide.cjs"), String(tasks), "200"]);
  const rows = Object.entries(JSON.parse(stdout.trim().split("\n").at(-1))).flatMap(([shape, measured]) => [
    bounded(`a decision: ${shape}`, measured.decisionMs, goals.decisionMs),
    line(`which of them collide: ${shape}`, measured.foundMs),
  ]);
  printTable(
    `Write sets: a decision that looks for what may start among ${tasks} tasks, median, of the processor`,
    rows,
  );
  await imports(ground, files, samples);
}

async function imports(ground, count, samples) {
  const repository = madeRepository(ground, count);
  const found = { cold: [], edit: [], kept: [] };
  for (let sample = 0; sample < samples; sample++) {
    const cacheFile = path.join(ground.folder("imports"), `${sample}.json`);
    found.cold.push(await readImports(repository, cacheFile, count));
    found.kept.push(await readImports(repository, cacheFile, 0));
    appendFileSync(path.join(repository, fileName(7)), `// ${sample}\n`);
    commit(repository);
    found.edit.push(await readImports(repository, cacheFile, 1));
  }
  const of = (name, part) => median(found[name].map((sample) => sample[part]));
  const compared = (name) => ({ reference: "of the processor", referenceMs: of(name, "cpuMs") });
  printTable(`Imports of ${count} files in five languages, each of some 200 lines, median of ${samples}`, [
    bounded("read for the first time", of("cold", "ms"), goals.coldMs, compared("cold")),
    bounded("after one edit", of("edit", "ms"), goals.editMs, compared("edit")),
    line("with nothing new", of("kept", "ms"), compared("kept")),
  ]);
}

/** Milliseconds until it is told who imports one file, thread and all. `read`: how many files have to be read for it. */
async function readImports(repository, cacheFile, read) {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const workerData = {
    place: { gitDir: path.join(repository, ".git"), commit: "HEAD", cacheFile },
    grammarFolder: path.join(dist, "grammars"),
    paths: [fileName(0)],
    steps: 1,
    limit: 10,
  };
  const worker = new Worker(path.join(dist, "code-graph.cjs"), { workerData });
  const found = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const ms = performance.now() - began;
  if (found.read !== read || found.imports === 0) throw new Error(`read ${found.read} files instead of ${read}`);
  const { user, system } = process.cpuUsage(used);
  return { ms, cpuMs: (user + system) / 1_000 };
}

const languages = [
  {
    ending: "ts",
    imports: (n) => `import { f${n} } from "./file-${n}.ts";`,
    body: (n) =>
      `export function f${n}(a: number): number {\n  const b = [a, ${n}].map((x) => x * 2);\n  return b.length > 1 ? b[0] ?? 0 : ${n};\n}`,
  },
  {
    ending: "py",
    imports: (n) => `from .file_${n} import f${n}`,
    body: (n) => `def f${n}(a):\n    b = [x * 2 for x in (a, ${n})]\n    return b[0] if len(b) > 1 else ${n}\n`,
  },
  {
    ending: "go",
    imports: () => "",
    body: (n) =>
      `func f${n}(a int) int {\n\tb := []int{a, ${n}}\n\tif len(b) > 1 {\n\t\treturn b[0]\n\t}\n\treturn ${n}\n}`,
  },
  {
    ending: "rs",
    imports: (n) => `use crate::file_${n}::f${n};`,
    body: (n) =>
      `pub fn f${n}(a: i64) -> i64 {\n    let b = vec![a, ${n}];\n    if b.len() > 1 { b[0] } else { ${n} }\n}`,
  },
  {
    ending: "java",
    imports: (n) => `import org.x.File${n};`,
    body: (n) => `  static int f${n}(int a) {\n    int[] b = {a, ${n}};\n    return b.length > 1 ? b[0] : ${n};\n  }`,
  },
];

function languageOf(index) {
  return languages[index % languages.length];
}

function fileName(index) {
  const { ending } = languageOf(index);
  const name = ending === "java" ? `File${index}` : ending === "ts" ? `file-${index}` : `file_${index}`;
  return `src/part-${index % 20}/${name}.${ending}`;
}

function madeRepository(ground, count) {
  const repository = ground.folder("repository");
  for (let index = 0; index < count; index++) {
    const { ending, imports: importOf, body } = languageOf(index);
    const file = path.join(repository, fileName(index));
    mkdirSync(path.dirname(file), { recursive: true });
    // Of its own language and folder: a hundred files further.
    const others = [1, 2, 3].map((n) => (index + n * 100) % count).map(importOf);
    const head = ending === "go" ? "package part" : ending === "java" ? "package org.x;" : "";
    const bodies = Array.from({ length: 40 }, (_, n) => body(index * 100 + n)).join("\n");
    const inside = ending === "java" ? `class File${index} {\n${bodies}\n}` : bodies;
    writeFileSync(file, [head, ...others, inside, ""].join("\n"));
  }
  execFileSync("git", ["init", "--quiet"], { cwd: repository });
  commit(repository);
  return repository;
}

function commit(repository) {
  const as = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
  execFileSync("git", ["add", "--all"], { cwd: repository });
  execFileSync("git", [...as, "commit", "--quiet", "--no-verify", "--message", "Files"], { cwd: repository });
}
