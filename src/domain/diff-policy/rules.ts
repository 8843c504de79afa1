export const policyLevels = ["off", "warn", "fail"] as const;
export type PolicyLevel = (typeof policyLevels)[number];

export const ruleNames = [
  "write-scope",
  "task-files",
  "missing-files",
  "secrets",
  "own-files",
  "gate-files",
  "agent-settings",
  "generated-files",
  "binaries",
  "large-files",
  "large-diff",
  "symlinks",
  "lock-files",
  "conflict-markers",
  "deleted-tests",
  "skipped-tests",
  "removed-assertions",
  "loosened-assertions",
  "lowered-thresholds",
  "new-ignores",
] as const;
export type RuleName = (typeof ruleNames)[number];

export function isRuleName(text: string): text is RuleName {
  return (ruleNames as readonly string[]).includes(text);
}

export interface Rule {
  /** Where nothing else is configured. What only may be one is never more than a warning. */
  readonly level: PolicyLevel;
  /** What it looks for, and why that matters. */
  readonly explanation: string;
  /** What whoever made the change is to do. */
  readonly remedy: string;
}

/** Every rule. What nobody wants in their history without having been asked fails; what a person should only know of warns. */
export const rules: Readonly<Record<RuleName, Rule>> = {
  "write-scope": {
    level: "fail",
    explanation: "A file was changed that is outside of what the agent may write: its `files:` in the roster.",
    remedy: "Undo the changes outside of your write scope.",
  },
  "task-files": {
    level: "warn",
    explanation: "Files were changed that the task does not name under `Files`: more was done than was planned.",
    remedy: "Keep to the files the task names where you can.",
  },
  "missing-files": {
    level: "fail",
    explanation: "A file that the task names under `Files` was neither written nor is it there.",
    remedy: "Write the files that the task names.",
  },
  secrets: {
    level: "fail",
    explanation:
      "A key, token, password or private key was added. What is in the history is known to all who can read it.",
    remedy: "Remove the secret; read it from the environment instead.",
  },
  "own-files": {
    level: "warn",
    explanation:
      "Files of nightcrew's, or those that agents keep for themselves (transcripts, caches, local settings). They are left out of the work; with `fail` the attempt fails.",
    remedy: "Remove the files that you made for yourself.",
  },
  "gate-files": {
    level: "fail",
    explanation:
      "nightcrew.yaml, or a file or script that a check of the gate names, was changed: work must not decide how it is judged.",
    remedy: "Undo the changes to nightcrew.yaml and to the files and scripts that the checks run.",
  },
  "agent-settings": {
    level: "warn",
    explanation:
      "What later agents are told or permitted was changed: instructions, permissions, hooks or servers of agents.",
    remedy: "Undo the changes to instructions and settings of agents.",
  },
  "generated-files": {
    level: "warn",
    explanation:
      "Caches of tools, installed dependencies and the like that no .gitignore keeps out. They are left out of the work; with `fail` the attempt fails.",
    remedy: "Remove the generated files, or have them ignored by git.",
  },
  binaries: {
    level: "warn",
    explanation: "A binary file was added or changed that is no picture, font or the like: nobody can review it.",
    remedy: "Leave out binary files; make them when they are needed.",
  },
  "large-files": {
    level: "fail",
    explanation: "A file larger than `limits.file` was added or changed. It stays in the history for good.",
    remedy: "Leave out the large file, or make it smaller.",
  },
  "large-diff": {
    level: "warn",
    explanation:
      "More lines or files were changed than `limits.lines` and `limits.files`: too much to be reviewed at once.",
    remedy: "Change only what the task needs.",
  },
  symlinks: {
    level: "fail",
    explanation: "A symbolic link was added that leads out of the repository.",
    remedy: "Remove the link, or make it lead to a path inside of the repository.",
  },
  "lock-files": {
    level: "fail",
    explanation:
      "Nothing but lock files was changed, which does no task; a lock file that changed without what it locks is a warning.",
    remedy: "Do the task; undo changes to lock files that it does not need.",
  },
  "conflict-markers": {
    level: "fail",
    explanation:
      "Lines of git that mark a conflict were left in a file: both sides of it stand there, and neither works.",
    remedy: "Resolve what the markers enclose, so that both intents hold, and remove the markers.",
  },
  "deleted-tests": {
    level: "fail",
    explanation: "Tests were deleted, and neither moved, renamed nor rewritten.",
    remedy: "Bring back the tests that were deleted, and make the code pass them.",
  },
  "skipped-tests": {
    level: "fail",
    explanation:
      "Tests that ran are skipped, disabled or expected to fail, or others are by running some alone (`.only`).",
    remedy: "Let the tests run, and make the code pass them.",
  },
  "removed-assertions": {
    level: "fail",
    explanation: "Tests assert less than before: assertions were removed, and none came in their place.",
    remedy: "Bring back the assertions that were removed.",
  },
  "loosened-assertions": {
    level: "warn",
    explanation: "An assertion was replaced by a weaker one of the same thing, or by one that always holds.",
    remedy: "Assert as exactly as before.",
  },
  "lowered-thresholds": {
    level: "fail",
    explanation: "A threshold of coverage or warnings was lowered, or strictness switched off.",
    remedy: "Put the threshold back, and meet it.",
  },
  "new-ignores": {
    level: "warn",
    explanation: "Warnings, types, coverage or failures are ignored in more places than before.",
    remedy: "Mend what is reported instead of ignoring it.",
  },
};
