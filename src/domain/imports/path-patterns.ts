/** What names stand for, by patterns with one star, as tsconfig.json and package.json have them. */
export type PathPatterns = readonly (readonly [pattern: string, targets: readonly string[]])[];

/** Paths that a name may stand for, by the pattern that says the most of it first. */
export function mappedBy(patterns: PathPatterns, name: string): string[] {
  const fitting = patterns.flatMap(([pattern, targets]) => {
    const star = starOf(pattern, name);
    return star === null ? [] : [{ pattern, paths: targets.map((target) => target.replaceAll("*", () => star)) }];
  });
  return fitting.sort((a, b) => sureness(b.pattern) - sureness(a.pattern)).flatMap(({ paths }) => paths);
}

/** By what stands in front of the star; the whole name goes before all. */
function sureness(pattern: string): number {
  const star = pattern.indexOf("*");
  return star === -1 ? Infinity : star;
}

/** What a pattern's star stands for in a name; null where they do not fit. */
function starOf(pattern: string, name: string): string | null {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === name ? "" : null;
  const fits = name.startsWith(before) && name.endsWith(after) && name.length >= before.length + after.length;
  return fits ? name.slice(before.length, name.length - after.length) : null;
}
