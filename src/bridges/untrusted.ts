/** Reading what an agent sent: every member may be missing or of another kind. */

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** At most `most` elements; none where it is no list. */
export function listOf(value: unknown, most = 1_000): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** A number that can be counted with; null where it is none, negative or not finite. */
export function amountOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}
