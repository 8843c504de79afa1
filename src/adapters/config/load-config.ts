import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { ruleNames } from "../../domain/diff-policy/rules.ts";
import { nearest } from "../../std/text.ts";
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
  const { LineCounter, parseDocument } = await import("yaml");
  const { configSchema } = await import("./schema.ts");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) throw invalid(file, lines.linePos(broken.pos[0]), broken.message);
  const parsed = configSchema.safeParse(toData(document, file) ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [...(issue?.path ?? [])].map(String);
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const offset = offsetOf(document, unknown === undefined ? path : [...path, unknown]);
  const names =
    path.length === 0 ? Object.keys(configSchema.shape) : path.join(".") === "policy.rules" ? ruleNames : [];
  const known = nearest(unknown ?? "", names);
  const meant = unknown !== undefined && known.length > 0 ? `; did you mean ${known.join(" or ")}?` : "";
  const where = path.length === 0 ? "" : `${path.join(".")}: `;
  throw invalid(
    file,
    offset === null ? null : lines.linePos(offset),
    `${where}${issue?.message ?? "not valid"}${meant}`,
  );
}

interface Locatable {
  toJS(options: { maxAliasCount: number }): unknown;
  getIn(path: readonly string[], keepScalar: boolean): unknown;
}

function toData(document: Locatable, file: string): unknown {
  try {
    // Aliases are bounded: a few lines of them can stand for gigabytes.
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    if (error instanceof ReferenceError) throw invalid(file, null, error.message);
    throw error;
  }
}

/** Where the node at a path, or the nearest one above it, begins. */
function offsetOf(document: Locatable, path: readonly string[]): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range))
      return Number(node.range[0]);
  }
  return null;
}

function invalid(file: string, at: { line: number; col: number } | null, why: string): OperationalError {
  return new OperationalError({
    code: "invalid-config",
    what: `${file}${at === null ? "" : `:${at.line}:${at.col}`} is not a valid configuration`,
    why,
    next: "correct it; `nightcrew init --print` shows an example",
  });
}
