import type { z } from "zod";
import { nearest } from "../../std/text.ts";

/** What is wrong with a text; `at` from 1, null where no place can be told. */
export interface YamlFault {
  readonly at: { readonly line: number; readonly col: number } | null;
  readonly why: string;
}

export type ParsedYaml<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly fault: YamlFault };

/**
 * Data by a schema, with the first fault and its place. `keysAt` gives the names that are known below a path, to say which
 * one a misspelt name may stand for. JSON is YAML, too.
 */
export async function parseYaml<T>(
  text: string,
  schema: z.ZodType<T>,
  keysAt: (path: readonly string[]) => readonly string[],
): Promise<ParsedYaml<T>> {
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) return { ok: false, fault: { at: lines.linePos(broken.pos[0]), why: broken.message } };
  const read = dataOf(document);
  if (!read.ok) return read;
  const parsed = schema.safeParse(read.data ?? {});
  if (parsed.success) return { ok: true, data: parsed.data };
  // A misspelt name explains that another one is missing.
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const path = [...(issue?.path ?? [])].map(String);
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const offset = offsetOf(document, unknown === undefined ? path : [...path, unknown]);
  const known = nearest(unknown ?? "", keysAt(path));
  const meant = unknown !== undefined && known.length > 0 ? `; did you mean ${known.join(" or ")}?` : "";
  const where = path.length === 0 ? "" : `${path.join(".")}: `;
  return {
    ok: false,
    fault: {
      at: offset === null ? null : lines.linePos(offset),
      why: `${where}${issue?.message ?? "not valid"}${meant}`,
    },
  };
}

interface Locatable {
  toJS(options: { maxAliasCount: number }): unknown;
  getIn(path: readonly string[], keepScalar: boolean): unknown;
}

function dataOf(document: Locatable): ParsedYaml<unknown> {
  try {
    // Aliases are bounded: a few lines of them can stand for gigabytes.
    return { ok: true, data: document.toJS({ maxAliasCount: 50 }) };
  } catch (error) {
    if (error instanceof ReferenceError) return { ok: false, fault: { at: null, why: error.message } };
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
