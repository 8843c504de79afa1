import type { KeepOut } from "../adapters/workspace/keep-out.ts";
import { comparingGit, pathsThere, readDiff } from "../adapters/workspace/read-diff.ts";
import type { SlotPaths } from "../adapters/workspace/slot.ts";
import { checkDiff } from "../domain/diff-policy/check-diff.ts";
import type { PolicyVerdict } from "../domain/diff-policy/finding.ts";
import { leftOutRule } from "../domain/diff-policy/left-out.ts";
import { isIllustration } from "../domain/diff-policy/paths.ts";
import { declaredButUntouched, declaredPaths } from "../domain/diff-policy/scope.ts";
import { levelFor, looksAtAnything, type DiffPolicy } from "../domain/diff-policy/settings.ts";
import type { AttemptJob, Handoff } from "../domain/job.ts";
import type { Redactor } from "../domain/redact.ts";

const clean: PolicyVerdict = { violations: [], warnings: [], more: 0 };

/** What the policy keeps out of every commit of an attempt; what the task itself names is wanted. */
export function keepOutOf({ policy }: AttemptJob, { redact }: Redactor): KeepOut | null {
  if (policy === undefined || !looksAtAnything(policy)) return null;
  const wanted = new Set(declaredPaths(policy.task.files));
  return {
    leavesOut: (path) => {
      const rule = leftOutRule(path);
      return rule !== null && !wanted.has(path) && levelFor(policy, rule)(path) === "warn";
    },
    forbids: (path, text) =>
      levelFor(policy, "secrets")(path) !== "off" && !isIllustration(path) && redact(text) !== text,
  };
}

/** What the policy says of the commit that keeps an attempt's work. */
export async function lookAtWork(
  job: AttemptJob,
  {
    handoff,
    slot,
    tip,
    leftOut,
    secrets,
  }: {
    readonly handoff: Handoff;
    readonly slot: SlotPaths;
    readonly tip: string;
    readonly leftOut: readonly string[];
    readonly secrets: Redactor;
  },
): Promise<PolicyVerdict> {
  const policy: DiffPolicy | undefined = job.policy;
  if (policy === undefined || !looksAtAnything(policy)) return clean;
  const git = comparingGit(slot, handoff.repository);
  const diff = await readDiff(git, job.base, tip, policy.settings.limits.fileBytes);
  const present = await pathsThere(git, tip, declaredButUntouched({ task: policy.task, diff }));
  const { agent } = job;
  return checkDiff({ ...policy, diff, agent, present, leftOut, redact: secrets.redact });
}
