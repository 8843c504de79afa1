import { z } from "zod";
import { knownTestRunner } from "../../domain/runner-command.ts";
import type { DetectedCheck } from "./detect-gate.ts";
import { namesIn, readText, type RootFiles } from "./root-files.ts";

/** More packages are not looked into. */
const maxPackages = 60;

/** Who runs a script in all packages of a workspace. */
export type WorkspaceTool = "npm" | "pnpm" | "yarn" | "yarn-classic" | "bun";

/** Runs the script of all packages that have it. */
const runAll: Readonly<Record<WorkspaceTool, string>> = {
  npm: "npm test --workspaces --if-present",
  pnpm: "pnpm -r test",
  yarn: "yarn workspaces foreach --all run test",
  "yarn-classic": "yarn workspaces run test",
  bun: "bun run --filter '*' test",
};

const patterns = z.union([
  z.array(z.string()),
  z.object({ packages: z.array(z.string()) }).transform((own) => own.packages),
]);
const packageFile = z.object({ scripts: z.record(z.string(), z.unknown()).catch({}) });

/** Tests of a workspace's packages, where its root has none of its own. */
export async function detectWorkspaceTests(
  root: RootFiles,
  stated: unknown,
  tool: WorkspaceTool | null,
): Promise<DetectedCheck | null> {
  if (tool === null) return null;
  const packages: string[] = [];
  for (const path of await packagesOf(root, patterns.safeParse(stated).data ?? [])) {
    const text = await readText(root, `${path}/package.json`);
    const script = text === null ? null : testOf(text);
    if (script !== null) packages.push(script);
  }
  const scripts = packages.filter((script) => script !== "");
  // npm's default script fails.
  if (scripts.length === 0 || scripts.some((script) => script.includes("no test specified"))) return null;
  if (tool === "yarn-classic" && scripts.length < packages.length) {
    root.notes.push(
      `\`${runAll[tool]}\` needs a test script in every package: no check was added for those that have one.`,
    );
    return null;
  }
  const kind = scripts.some((script) => knownTestRunner(script) !== null) ? "test" : "command";
  return { name: "test", run: runAll[tool], kind, source: "package.json: workspaces" };
}

/** `packages/*` and plain folders; what else globs can say is passed over. */
async function packagesOf(root: RootFiles, globs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const glob of globs.slice(0, maxPackages)) {
    const path = glob.replace(/^\.\//, "").replace(/\/+$/, "");
    const folder = /^((?:[\w@.-]+\/)*[\w@.-]+)\/\*$/.exec(path)?.[1];
    if (folder !== undefined) found.push(...(await namesIn(root, folder)).map((name) => `${folder}/${name}`));
    else if (!/[*!?{]|\.\./.test(path)) found.push(path);
  }
  return found.slice(0, maxPackages);
}

/** Empty where the package has none; null: it is no package. */
function testOf(text: string): string | null {
  try {
    const { success, data } = packageFile.safeParse(JSON.parse(text));
    const test = data?.scripts["test"];
    return success ? (typeof test === "string" ? test.trim() : "") : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
