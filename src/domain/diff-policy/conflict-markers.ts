import type { Suspicion } from "./finding.ts";
import type { PolicyInput } from "./policy-input.ts";

/** As git writes them (git-merge(1), "HOW CONFLICTS ARE PRESENTED"). The line between the sides alone may be a heading. */
const opening = /^<{7} \S/;
const closing = /^>{7} \S/;

/** Both ends of a conflict, in one file: one of them alone may be quoted in a text. */
export function conflictMarkers({ diff }: PolicyInput): Suspicion[] {
  return diff.files.flatMap(({ path, added }): Suspicion[] => {
    const first = added.find(({ text }) => opening.test(text));
    if (first === undefined || !added.some(({ text }) => closing.test(text))) return [];
    const what = "markers of a conflict are left in it";
    return [{ rule: "conflict-markers", path, line: first.line, what, certain: true }];
  });
}
