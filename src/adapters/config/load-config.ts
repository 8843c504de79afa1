import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { ruleNames } from "../../domain/diff-policy/rules.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { Config } from "./schema.ts";

export const configName = "nightcrew.yaml";
const maxBytes = 256 * 1024;

/** The configuration of a checkout; empty where there is no file. Data only: nothing in it is ever run by reading it. */
export async function loadConfig(root: string): Promise<{ readonly config: Config; readonly file: string | null }> {
  const file = join(root, configName);
  const text = await readBounded(file);
  const { configSchema } = await import("./schema.ts");
  if (text === null) return { config: configSchema.parse({}), file: null };
  return { config: await parseConfig(text, file), file };
}

async function readBounded(file: string): Promise<string | null> {
  try {
    const found = await stat(file);
    const { size } = found;
    if (!found.isFile()) throw invalid(file, null, "it is not a file");
    if (size > maxBytes) throw invalid(file, null, `it has ${size} bytes; at most ${maxBytes} are read`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

export async function parseConfig(text: string, file: string): Promise<Config> {
  const { configSchema } = await import("./schema.ts");
  const parsed = await parseYaml(text, configSchema, (path) =>
    path.length === 0 ? Object.keys(configSchema.shape) : path.join(".") === "policy.rules" ? ruleNames : [],
  );
  if (parsed.ok) return parsed.data;
  throw invalid(file, parsed.fault.at, parsed.fault.why);
}

function invalid(file: string, at: { line: number; col: number } | null, why: string): OperationalError {
  return new OperationalError({
    code: "invalid-config",
    what: `${file}${at === null ? "" : `:${at.line}:${at.col}`} is not a valid configuration`,
    why,
    next: "correct it; `nightcrew init --print` shows an example",
  });
}
