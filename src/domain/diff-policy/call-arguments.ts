import { normalised } from "./diff.ts";

export function firstArgument(rest: string): string {
  return normalised(splitArguments(rest)[0] ?? "");
}

/** By commas outside of brackets and quotes, up to the bracket that ends them. */
export function splitArguments(rest: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let part = "";
  for (const character of rest.slice(0, 1_000)) {
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (/["'`]/.test(character)) quote = character;
    else if (/[([{]/.test(character)) depth++;
    else if (/[)\]}]/.test(character) && --depth < 0) break;
    else if (character === "," && depth === 0) {
      parts.push(part.trim());
      part = "";
      continue;
    }
    part += character;
  }
  return part.trim() === "" ? parts : [...parts, part.trim()];
}
