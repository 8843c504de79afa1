import type { DiffLine, FileDiff, WorkDiff } from "../../src/domain/diff-policy/diff.ts";
import { checkDiff } from "../../src/domain/diff-policy/check-diff.ts";
import type { PolicyInput } from "../../src/domain/diff-policy/policy-input.ts";
import { defaultPolicy } from "../../src/domain/diff-policy/settings.ts";
import { makeRedactor } from "../../src/domain/redact.ts";

/** A file's diff from lines that begin with `+`, `-` or a blank, as in a patch; numbers count from 1. */
export function fileDiff(path: string, text: string, patch: Partial<FileDiff> = {}): FileDiff {
  const added: DiffLine[] = [];
  const removed: DiffLine[] = [];
  let [oldLine, newLine, same] = [1, 1, false];
  for (const line of text
    .replace(/^\n/, "")
    .replace(/\n\s*$/, "")
    .split("\n")) {
    if (line.startsWith("+")) added.push({ line: newLine++, text: line.slice(1) });
    else if (line.startsWith("-")) removed.push({ line: oldLine++, text: line.slice(1) });
    else {
      [oldLine, newLine, same] = [oldLine + 1, newLine + 1, true];
    }
  }
  const status =
    same || (added.length > 0 && removed.length > 0) ? "modified" : removed.length > 0 ? "deleted" : "added";
  return {
    path,
    status,
    oldMode: status === "added" ? null : "100644",
    newMode: status === "deleted" ? null : "100644",
    oldObject: null,
    newObject: null,
    binary: false,
    bytes: null,
    unread: false,
    added,
    removed,
    ...patch,
  };
}

export function diffOf(files: Readonly<Record<string, string>>): WorkDiff {
  return { files: Object.entries(files).map(([path, text]) => fileDiff(path, text)), truncated: false };
}

const values = [
  { name: "DEPLOY_TOKEN", value: "quiet-otter-41-harbour" },
  { name: "DEPLOY_REGION", value: "moon-crater-7-north" },
];
const { redact } = makeRedactor({ values });

export function policyInput(diff: WorkDiff, more: Partial<PolicyInput> = {}): PolicyInput {
  return {
    diff,
    agent: { name: "one", files: [] },
    present: new Set(),
    leftOut: [],
    redact,
    gatePaths: [],
    settings: defaultPolicy,
    task: { title: "Do it", description: "", files: [], allow: [] },
    ...more,
  };
}

/** `level rule` of what is found, each once, sorted; an empty list where all is well. */
export function found(files: Readonly<Record<string, string>>, more: Partial<PolicyInput> = {}): string[] {
  const { violations, warnings } = checkDiff(policyInput(diffOf(files), more));
  return [...new Set([...violations, ...warnings].map(({ rule, level }) => `${level} ${rule}`))].sort();
}
