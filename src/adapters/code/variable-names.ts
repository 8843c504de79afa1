import { nameOf } from "../../domain/diff-policy/paths.ts";
import type { ObjectServer } from "../git/object-server.ts";
import type { Git } from "../git/git.ts";
import type { TreeFile } from "./tree-files.ts";

const name = "[A-Z_][A-Z0-9_]+";

/** How programs read a variable, as git's extended expressions. */
const readings = [
  String.raw`(process|import\.meta|Bun|Deno)\.env\.${name}`,
  String.raw`(process\.env|ENV|_ENV|os\.environ)\[["']${name}["']`,
  String.raw`(environ\.get|environ\.setdefault|getenv|Getenv|LookupEnv|env::var|env::var_os|ENV\.fetch|env\.get)\(["']${name}["']`,
];

const documented = /^\.env(?:\.[\w-]+)*$|^[\w-]*\.?env\.(?:example|sample|template|dist)$/i;
const maxExampleBytes = 100_000;
const maxExamples = 20;
const maxNames = 200;
const maxOutputBytes = 1024 * 1024;
const grepMs = 10_000;

export interface VariableNames {
  readonly names: readonly string[];
  /** Some code was not looked at. */
  readonly cut: boolean;
}

/** Names of the variables that a commit's files document or read, in order. What they are set to is looked at by nobody. */
export async function readVariableNames(
  git: Git,
  objects: ObjectServer,
  { commit, files }: { readonly commit: string; readonly files: readonly TreeFile[] },
): Promise<VariableNames> {
  const examples = files.filter(({ path, bytes }) => documented.test(nameOf(path)) && bytes <= maxExampleBytes);
  const texts = await Promise.all(examples.slice(0, maxExamples).map(({ id }) => objects.find(id)));
  const found = texts.flatMap((blob) => exampleNames(blob?.content.toString("utf8") ?? ""));
  const read = await namesInCode(git, commit);
  const names = [...new Set([...found, ...read.names])].filter((one) => one.length <= 80).sort();
  return { names: names.slice(0, maxNames), cut: read.cut || names.length > maxNames };
}

function exampleNames(text: string): string[] {
  return [...text.matchAll(/^[ \t]*#?[ \t]*(?:export[ \t]+)?([A-Z_][A-Z0-9_]+)[ \t]*=/gm)].map(
    ([, found = ""]) => found,
  );
}

async function namesInCode(git: Git, commit: string): Promise<VariableNames> {
  const patterns = readings.flatMap((pattern) => ["-e", pattern]);
  const elsewhere = ["node_modules", "vendor", "dist"].map((folder) => `:(exclude,glob)**/${folder}/**`);
  const { code, stdout, cut } = await git.call(
    ["grep", "--no-color", "-h", "-o", "-I", "-E", ...patterns, commit, "--", ".", ...elsewhere],
    { whatever: true, cutAt: maxOutputBytes, timeoutMs: grepMs },
  );
  const names = stdout
    .toString()
    .split("\n")
    .flatMap((line) => /([A-Z_][A-Z0-9_]+)["']?$/.exec(line)?.[1] ?? []);
  return { names, cut: cut || (code !== 0 && code !== 1) };
}
