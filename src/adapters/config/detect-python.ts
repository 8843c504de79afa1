import type { DetectedCheck } from "./detect-gate.ts";
import { pythonQuality, pythonTooling, type PythonTooling } from "./python-tools.ts";
import { namesIn, readText, type RootFiles } from "./root-files.ts";

/** Enough to see the style of a suite. */
const maxTestFiles = 40;

interface TestFolder {
  /** Empty for the root. */
  readonly path: string;
  readonly names: readonly string[];
  /** Below the root. */
  readonly tests: readonly string[];
}

export async function detectPython(root: RootFiles): Promise<DetectedCheck[]> {
  const tooling = await pythonTooling(root);
  const checks = [...(await pythonQuality(root, tooling)), ...(await testChecks(root, tooling))];
  if (checks.length === 0) return [];
  if (tooling.install === null) noteEnvironment(root);
  return tooling.install === null ? checks : [tooling.install, ...checks];
}

async function testChecks(root: RootFiles, { command }: PythonTooling): Promise<DetectedCheck[]> {
  const folders = [testFolder("", [...root.names])];
  for (const path of ["tests", "test"]) folders.push(testFolder(path, await namesIn(root, path)));
  const configured = await pytestSource(root, folders);
  const tests = folders.flatMap((folder) => folder.tests);
  const source = configured ?? tests[0];
  if (source === undefined) return [];
  if (configured === null && (await onlyUnittest(root, tests))) return unittestChecks(folders, command);
  return [{ name: "pytest", run: command("pytest", "python -m pytest -q"), kind: "test", source }];
}

function testFolder(path: string, names: readonly string[]): TestFolder {
  const tests = names.filter((name) => /^(?:test_.*|.*_test)\.py$/.test(name)).sort();
  return { path, names, tests: tests.map((name) => (path === "" ? name : `${path}/${name}`)) };
}

/** What speaks for pytest, before any test was looked at. */
async function pytestSource(root: RootFiles, folders: readonly TestFolder[]): Promise<string | null> {
  const own = ["pytest.ini", ".pytest.ini"].find((name) => root.names.has(name));
  if (own !== undefined) return own;
  const sections = [
    ["pyproject.toml", /^[ \t]*\[tool\.pytest(?:\.ini_options)?\]/m],
    ["setup.cfg", /^\[tool:pytest\]/m],
    ["tox.ini", /^\[pytest\]/m],
    ["pyproject.toml", /["']pytest(?:["'\s[<>=~!]|$)|^pytest[ \t]*=/m],
    ["requirements-dev.txt", /^pytest\b/m],
    ["requirements.txt", /^pytest\b/m],
  ] as const;
  for (const [name, pattern] of sections) {
    if (pattern.test((await readText(root, name)) ?? "")) return name;
  }
  const folder = folders.find(({ names }) => names.includes("conftest.py"));
  if (folder === undefined) return null;
  return folder.path === "" ? "conftest.py" : `${folder.path}/conftest.py`;
}

async function onlyUnittest(root: RootFiles, tests: readonly string[]): Promise<boolean> {
  for (const name of tests.slice(0, maxTestFiles)) {
    const text = (await readText(root, name)) ?? "";
    if (imports("pytest", text) || !imports("unittest", text)) return false;
  }
  return true;
}

function imports(module: "pytest" | "unittest", text: string): boolean {
  return new RegExp(`^[ \\t]*(?:import|from)[ \\t]+${module}\\b`, "m").test(text);
}

/** Discovery goes down into packages only: a test folder without `__init__.py` needs a run of its own. */
function unittestChecks(folders: readonly TestFolder[], command: PythonTooling["command"]): DetectedCheck[] {
  const tested = folders.filter(({ tests }) => tests.length > 0);
  const fromRoot = tested.some(({ path }) => path === "");
  return tested
    .filter(({ path, names }) => path === "" || !fromRoot || !names.includes("__init__.py"))
    .map((folder, index) => ({
      name: index === 0 ? "unittest" : `${folder.path}-unittest`,
      run: command("python", `python ${unittestArguments(folder)}`),
      kind: "test",
      source: folder.tests[0] ?? folder.path,
    }));
}

function unittestArguments({ path, names, tests }: TestFolder): string {
  const where = path === "" ? "" : ` -s ${path}${names.includes("__init__.py") ? " -t ." : ""}`;
  // Discovery looks for test*.py unless told otherwise.
  const pattern = tests.some((name) => name.endsWith("_test.py")) ? " -p '*test*.py'" : "";
  return `-m unittest discover${where}${pattern}`;
}

function noteEnvironment(root: RootFiles): void {
  const lock = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"].find((name) => root.names.has(name));
  if (lock === undefined) return;
  root.notes.push(`${lock} was found, but no check installs it: the tests use the packages of the python3 on PATH.`);
}
