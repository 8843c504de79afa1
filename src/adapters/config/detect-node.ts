import { z } from "zod";
import { knownTestRunner } from "../../domain/runner-command.ts";
import { shellCommands } from "../../domain/shell-words.ts";
import type { DetectedCheck } from "./detect-gate.ts";
import { detectWorkspaceTests, type WorkspaceTool } from "./detect-workspaces.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readHead, readText, type RootFiles } from "./root-files.ts";

/** Of the check that installs a Node project's dependencies. */
export const installName = "install";

type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

const names = z.record(z.string(), z.unknown()).catch({});
const packageFile = z.object({
  scripts: names,
  dependencies: names,
  devDependencies: names,
  workspaces: z.unknown().optional(),
  packageManager: z.string().catch(""),
});
type PackageFile = z.infer<typeof packageFile>;

interface Tooling {
  readonly manager: PackageManager;
  readonly lock: string | null;
}

const locks: readonly (readonly [string, PackageManager])[] = [
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** `bun test` would start bun's own runner instead of the script. */
const runScript: Readonly<Record<PackageManager, string>> = {
  npm: "npm run -s",
  pnpm: "pnpm run",
  yarn: "yarn run",
  bun: "bun run",
};
const runTest: Readonly<Record<PackageManager, string>> = {
  npm: "npm test",
  pnpm: "pnpm test",
  yarn: "yarn test",
  bun: "bun run test",
};

const typeScripts = ["typecheck", "type-check", "types", "check-types", "tsc"];
const lintScripts = ["lint", "lint:check", "lint:ci", "eslint", "lint:js", "lint:ts"];
const coverageScripts = ["coverage", "test:coverage", "test:cov", "cover"];
const maxScripts = 20;

export async function detectNode(root: RootFiles): Promise<DetectedCheck[]> {
  const text = await readText(root, "package.json");
  if (text === null) return [];
  const file = parse(text);
  if (file === null) {
    root.notes.push("package.json is not a valid JSON object and was ignored.");
    return [];
  }
  const tooling = chooseTooling(root, file);
  const scripts = scriptChecks(file, tooling.manager);
  const own = scriptText(file.scripts, "test") !== "" || scripts.some(({ kind }) => kind === "test");
  const tests = own
    ? null
    : await detectWorkspaceTests(root, await workspacesOf(root, file), await workspaceTool(root, tooling.manager));
  return [...(await install(root, file, tooling)), ...scripts, ...(tests === null ? [] : [tests])];
}

const pnpmWorkspace = z.object({ packages: z.array(z.string()).catch([]) });

async function workspacesOf(root: RootFiles, file: PackageFile): Promise<unknown> {
  const name = "pnpm-workspace.yaml";
  const text = await readText(root, name);
  if (text === null) return file.workspaces;
  const read = await parseYaml(text, pnpmWorkspace, () => []);
  if (read.ok) return read.data.packages;
  root.notes.push(`${name} was ignored: ${read.fault.why}`);
  return [];
}

function parse(text: string): PackageFile | null {
  try {
    return packageFile.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function chooseTooling(root: RootFiles, file: PackageFile): Tooling {
  const stated = /^(npm|pnpm|yarn|bun)\b/.exec(file.packageManager)?.[1];
  const present = locks.filter(([lock]) => root.names.has(lock));
  const chosen = present.find(([, manager]) => manager === stated) ?? present[0];
  if (chosen === undefined) return { manager: (stated as PackageManager | undefined) ?? "npm", lock: null };
  const [lock, manager] = chosen;
  if (stated === undefined && present.some(([, other]) => other !== manager)) {
    root.notes.push(`Several lock files (${present.map(([name]) => name).join(", ")}): ${lock} is used.`);
  }
  return { manager, lock };
}

/** The gate runs in a fresh workspace, where nothing is installed. */
async function install(root: RootFiles, file: PackageFile, { manager, lock }: Tooling): Promise<DetectedCheck[]> {
  const needed =
    Object.keys(file.dependencies).length > 0 ||
    Object.keys(file.devDependencies).length > 0 ||
    file.workspaces !== undefined ||
    root.names.has("pnpm-workspace.yaml");
  if (!needed) return [];
  if (lock === null) {
    root.notes.push("package.json has dependencies but there is no lock file: no install check was added.");
    return [];
  }
  return [{ name: installName, run: await installCommand(root, manager), kind: "command", source: lock }];
}

async function installCommand(root: RootFiles, manager: PackageManager): Promise<string> {
  if (manager === "npm") return "npm ci";
  if (manager !== "yarn") return `${manager} install --frozen-lockfile`;
  return (await yarnLockVersion(root)) === 1 ? "yarn install --frozen-lockfile" : "yarn install --immutable";
}

/** Of the lock file's format: 1 is Yarn 1's, 8 the first of Yarn 4; 0 where it tells none. */
async function yarnLockVersion(root: RootFiles): Promise<number> {
  const head = (await readHead(root, "yarn.lock")) ?? "";
  const [, classic, stated] = /# yarn lockfile v(1)|^__metadata:\s+version: (\d+)/m.exec(head) ?? [];
  return Number(classic ?? stated ?? 0);
}

async function workspaceTool(root: RootFiles, manager: PackageManager): Promise<WorkspaceTool | null> {
  if (manager !== "yarn") return manager;
  const version = await yarnLockVersion(root);
  if (version === 1) return "yarn-classic";
  // Before Yarn 4 the command came with a plugin.
  return version >= 8 ? "yarn" : null;
}

function scriptChecks({ scripts }: PackageFile, manager: PackageManager): DetectedCheck[] {
  const script = (name: string, said: string): DetectedCheck => {
    const run = `${runScript[manager]} ${said}`;
    return { name, run, kind: "command", source: `package.json: ${said}` };
  };
  const has = (name: string): boolean => scriptText(scripts, name) !== "";
  // Where nothing checks the types alone, a build that compiles does.
  const types = typeScripts.find(has) ?? (compiles(scripts) ? "build" : undefined);
  // One that mends what it finds says that all is well.
  const lint =
    lintScripts.filter(has).find((name) => !/--(?:fix|write)\b/.test(scriptText(scripts, name))) ??
    lintScripts.find(has);
  return [
    ...(types === undefined ? [] : [script(types === "build" ? "build" : "types", types)]),
    ...(lint === undefined ? [] : [script("lint", lint)]),
    ...testChecks(scripts, manager),
  ];
}

function testChecks(scripts: PackageFile["scripts"], manager: PackageManager): DetectedCheck[] {
  const test = scriptText(scripts, "test");
  if (test === "" || test.includes("no test specified")) return [];
  const coverage = coverageScripts.find((name) => measuresSame(scriptText(scripts, name), test));
  if (coverage !== undefined) {
    const run = `${runScript[manager]} ${coverage}`;
    return [{ name: "coverage", run, kind: "test", source: `package.json: ${coverage}` }];
  }
  const kind = runsTests(scripts, "test", new Set()) ? "test" : "command";
  return [{ name: "test", run: runTest[manager], kind, source: "package.json: test" }];
}

/** True when a script is the tests with their coverage measured, and nothing else: then it stands for both. */
function measuresSame(script: string, test: string): boolean {
  if (knownTestRunner(script) === null || /[;&|]/.test(script)) return false;
  const bare = script
    .replace(/^(?:c8|nyc)(?: --?[\w=.:/-]+)* /, "")
    .replace(/ --coverage(?:[.=][\w.=:/-]+)?(?= |$)/g, "");
  const plain = (text: string): string => text.replace(/ run(?= |$)/, "").trim();
  return bare !== script && plain(bare) === plain(test);
}

function compiles(scripts: PackageFile["scripts"]): boolean {
  return shellCommands(scriptText(scripts, "build").slice(0, 10_000)).some(({ words: [head = ""] }) =>
    /^(?:tsc|vue-tsc|tsgo|svelte-check)$/.test(head),
  );
}

function scriptText(scripts: PackageFile["scripts"], name: string): string {
  const text = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  return typeof text === "string" ? text.trim() : "";
}

/** True when the script, or one that it calls by name, starts a runner whose summary is known. */
function runsTests(scripts: PackageFile["scripts"], name: string, seen: Set<string>): boolean {
  const text = scriptText(scripts, name);
  if (text === "" || seen.has(name) || seen.size >= maxScripts) return false;
  seen.add(name);
  return knownTestRunner(text) !== null || calledScripts(text).some((called) => runsTests(scripts, called, seen));
}

function calledScripts(text: string): string[] {
  return shellCommands(text.slice(0, 10_000)).flatMap(({ words, hidden }) => {
    const [head = "", ...rest] = words.filter((word) => !word.startsWith("-"));
    if (hidden) return [];
    if (/^(?:run-[sp]|npm-run-all2?)$/.test(head)) return rest;
    if (!/^(?:npm|pnpm|yarn|bun)$/.test(head)) return [];
    const [verb = "", called = ""] = rest;
    if (verb === "run" || verb === "run-script") return [called];
    return head === "bun" ? [] : [verb];
  });
}
