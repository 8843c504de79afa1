import { singleLine } from "../../std/text.ts";

/** Names of labels are the same to trackers in whatever case: one that is there already may be written otherwise. */
export function isSameLabel(name: string): (label: string) => boolean {
  return (label) => label.toLowerCase() === name.toLowerCase();
}

/** Why an issue is not chosen among those with all of `wanted`; null: it has them. */
export function withoutLabel(labels: readonly string[], wanted: readonly string[]): string | null {
  const missing = wanted.find((name) => !labels.some(isSameLabel(name)));
  return missing === undefined ? null : `it has no label ${singleLine(missing)}`;
}
