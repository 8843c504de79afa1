import { parseJsonObject } from "../../../std/json-lines.ts";
import { singleLine } from "../../../std/text.ts";

// Reads what an agent wrote. Of another type than asked for is the same as absent, so nothing here can throw.

export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

/** The object on a line; null for a line that was cut, and for anything that is not one object. */
export function fieldsOn(line: string, cut: boolean): Fields | null {
  return cut ? null : parseJsonObject(line);
}

/** The objects in what was printed, a line each; what is none is passed over. */
export function objectsIn(output: string): Fields[] {
  return output.split("\n").flatMap((line): Fields[] => {
    const fields = parseJsonObject(line);
    return fields === null ? [] : [fields];
  });
}

export function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : none;
}

/** A field that is an object; an empty one where it is not. */
export function fieldsAt(fields: Fields, ...path: readonly string[]): Fields {
  return path.reduce((at, name) => asFields(own(at, name)), fields);
}

export function listAt(fields: Fields, name: string): readonly unknown[] {
  const value = own(fields, name);
  return Array.isArray(value) ? value.slice(0, maxItems) : [];
}

export function textAt(fields: Fields, name: string): string | null {
  const value = own(fields, name);
  return typeof value === "string" ? value : null;
}

/** A text as one printable line; null where there is none or an empty one. */
export function lineAt(fields: Fields, name: string, maxLength = 200): string | null {
  const text = textAt(fields, name);
  if (text === null) return null;
  const line = singleLine(text, maxLength);
  return line === "" ? null : line;
}

/** A number from 0 up. */
export function amountAt(fields: Fields, name: string): number | null {
  const value = own(fields, name);
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

export function isTrue(fields: Fields, name: string): boolean {
  return own(fields, name) === true;
}

/** The sum of those that are known; null where none is. */
export function sumOf(...amounts: readonly (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0);
}

/** What is left of `whole` without `part`; never below 0. */
export function without(whole: number | null, part: number | null): number | null {
  return whole === null ? null : Math.max(0, whole - (part ?? 0));
}

const maxItems = 10_000;

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
