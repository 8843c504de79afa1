import type { DetectedCheck } from "./detect-gate.ts";
import { readText, type RootFiles } from "./root-files.ts";

const projects = /\.(?:slnx?|csproj|fsproj|vbproj)$/;
/** In a solution, the name of a project; in a project, the package that every test project has. */
const tests = /Tests?(?:\.\w+)?\.(?:cs|fs|vb)proj"|Microsoft\.NET\.Test\.Sdk/;

/** `dotnet` takes the solution or project of the folder, where there is one alone. */
export async function detectDotnet(root: RootFiles): Promise<DetectedCheck[]> {
  const found = [...root.names].filter((name) => projects.test(name)).sort();
  const [first, ...others] = found.filter(
    (name) => /\.slnx?$/.test(name) || !found.some((one) => /\.slnx?$/.test(one)),
  );
  if (first === undefined) return [];
  if (others.length > 0) root.notes.push(`Several projects (${[first, ...others].join(", ")}): ${first} is used.`);
  const about = others.length > 0 ? ` ${quoted(first)}` : "";
  const build: DetectedCheck = { name: "dotnet-build", run: `dotnet build${about}`, kind: "command", source: first };
  if (!tests.test((await readText(root, first)) ?? "")) return [build];
  return [build, { name: "dotnet-test", run: `dotnet test --no-build${about}`, kind: "test", source: first }];
}

function quoted(name: string): string {
  return `'${name.replaceAll("'", String.raw`'\\''`)}'`;
}
