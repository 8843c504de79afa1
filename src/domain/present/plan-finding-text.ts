import { plural, printable } from "../../std/text.ts";
import type { PlanFinding, TaskSize } from "../plan-check.ts";
import { listText } from "./failure-text.ts";

const shown = 6;

/** One line for a person, or for a model that is to mend it. */
export function planFindingText(finding: PlanFinding): string {
  return printable(text(finding));
}

function text(finding: PlanFinding): string {
  switch (finding.kind) {
    case "outside":
      return `${finding.task} names ${listText(finding.files, shown)}, which ${are(finding.files)} not within the repository`;
    case "twice":
      return finding.by === "mark"
        ? `${listText(finding.tasks, shown)} stand for one mark of one source`
        : `${listText(finding.tasks, shown)} have the same title`;
    case "shared-file":
      return `${listText(finding.tasks, shown)} name ${finding.file}, and none of them waits for another`;
    case "too-big":
      return `${finding.task} may be too much for one task: ${sizeText(finding.size)}`;
    case "too-small":
      return `${finding.task} may be too little for a task of its own: ${sizeText(finding.size)}`;
    case "no-acceptance":
      return `nothing says how one sees that it is done: ${listText(finding.tasks, shown)}`;
    case "new-file":
      return `${finding.task} names ${listText(finding.files, shown)}, which ${are(finding.files)} not there yet`;
  }
}

function are({ length }: readonly string[]): string {
  return length === 1 ? "is" : "are";
}

function sizeText({ minutes, files, parts }: TaskSize): string {
  return [
    ...(minutes === null ? [] : [`about ${plural(minutes, "minute")}`]),
    ...(files === 0 ? [] : [plural(files, "file")]),
    ...(parts === 0 ? [] : [plural(parts, "part")]),
  ].join(", ");
}
