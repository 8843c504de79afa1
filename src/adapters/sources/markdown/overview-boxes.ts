import type { PartMarks } from "./find-marks.ts";
import type { FoundMark } from "./found-mark.ts";
import type { Part } from "./parts.ts";
import { readPhaseHeading, type PhaseDraft } from "./phases.ts";

/**
 * Open boxes such as `- [ ] **Phase 2: Sync** - files`, where the document has a phase of that name with open boxes below it:
 * whoever does these has done the phase, and doing it as one more task would be doing it twice.
 */
export function overviewBoxes(parts: readonly Part[], marks: readonly PartMarks[]): ReadonlySet<FoundMark> {
  const phases = parts.flatMap(({ title, depth }, index) => {
    const phase = depth === 0 || depth > 3 ? null : readPhaseHeading(title, index);
    return phase !== null && phase.name !== "" && hasOpenBox(parts, marks, index) ? [{ phase, index }] : [];
  });
  const found = new Set<FoundMark>();
  if (phases.length === 0) return found;
  for (const [at, { boxes }] of marks.entries()) {
    for (const box of boxes) {
      const named = isOpen(box) && !isParent(box) ? readPhaseHeading(box.label.text, at) : null;
      if (named === null) continue;
      const isOf = phases.some(({ phase, index }) => isSame(named, phase) && parts[at]?.path.includes(index) !== true);
      if (isOf) found.add(box);
    }
  }
  return found;
}

function isSame(named: PhaseDraft, phase: PhaseDraft): boolean {
  return named.key === phase.key && named.name.toLowerCase().startsWith(phase.name.toLowerCase());
}

function hasOpenBox(parts: readonly Part[], marks: readonly PartMarks[], index: number): boolean {
  return marks.some(({ boxes }, at) => parts[at]?.path.includes(index) === true && boxes.some(isOpen));
}

function isOpen({ state }: FoundMark): boolean {
  return state === "open" || state === "started";
}

/** It says more than its title. */
function isParent({ node }: FoundMark): boolean {
  return node.type === "listItem" && node.children.some((child) => child.type === "list");
}
