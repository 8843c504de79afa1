import type { ScenarioName } from "./scenarios.ts";
import type { Entry } from "./roster.ts";

/** What is done while the agent works. */
export type Course =
  /** Nothing: the run comes to its end by itself. */
  | "end"
  /** Cancelled by a person while its tool runs. */
  | "cancel"
  /** Its process is killed while its tool runs. */
  | "kill"
  /** A person says something to it while its tool runs. */
  | "tell"
  /** Its provider's limit parks it; then it is cancelled, as nobody waits for an hour. */
  | "park"
  /** Every run is stopped while the model is waited for, and then goes on. */
  | "resume";

export interface Case {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly course: Course;
  /** `limits:` of the agent; `limits` below where there is none. */
  readonly limits?: string;
  /** Nobody listens where the model should be. */
  readonly refused?: true;
  /** Bytes of the task's description before the mark. */
  readonly padding?: number;
  readonly tasks?: number;
  readonly permissions?: "deny";
  readonly needs?: "shell" | "sessions" | "ears";
  readonly expected: Expected;
}

/** What has to be seen. Outcomes as `outcomeText` gives them: one of these, or of its beginning, for every last attempt. */
export interface Expected {
  readonly outcomes: readonly string[];
  readonly exit: number;
  readonly landed: number;
}

const lands: Expected = { outcomes: ["done"], exit: 0, landed: 1 };
const fails = (...outcomes: readonly string[]): Expected => ({ outcomes, exit: 1, landed: 0 });

const limits = "firstOutput: 60s, silence: 60s, total: 90s";
/** Agents whose first words come before the model's are silent, not without first output. */
const short = "firstOutput: 30s, silence: 6s, total: 45s";

export const cases: readonly Case[] = [
  { name: "succeeds", scenario: "write", course: "end", expected: lands },
  { name: "edits nothing", scenario: "talk", course: "end", expected: fails("nothing-changed") },
  { name: "claims success falsely", scenario: "lie", course: "end", expected: fails("nothing-changed") },
  { name: "401", scenario: "status-401", course: "end", expected: fails("failed: agent-failed unauthorized") },
  { name: "429", scenario: "status-429", course: "park", expected: fails("limited") },
  { name: "500", scenario: "status-500", course: "end", expected: fails("failed: agent-failed endpoint") },
  { name: "529", scenario: "status-529", course: "end", expected: fails("failed: agent-failed endpoint") },
  {
    name: "refused connection",
    scenario: "write",
    course: "end",
    refused: true,
    limits: short,
    // Codex waits for a network for ever: its time limit ends it.
    expected: fails("failed: agent-failed endpoint", "failed: time-limit"),
  },
  {
    name: "hangs before first output",
    scenario: "hang",
    course: "end",
    limits: short,
    expected: fails("failed: time-limit"),
  },
  {
    name: "hangs after first output",
    scenario: "hang-later",
    course: "end",
    limits: short,
    needs: "shell",
    expected: fails("failed: time-limit"),
  },
  {
    name: "goes round in circles",
    scenario: "loop",
    course: "end",
    // Above what agents notice by themselves, as the default is.
    limits: `${limits}, repeats: 10`,
    needs: "shell",
    expected: fails("failed: loop"),
  },
  {
    name: "floods 200 MB",
    scenario: "flood",
    course: "end",
    // Some look at every byte.
    limits: "firstOutput: 60s, silence: 90s, total: 100s",
    needs: "shell",
    expected: lands,
  },
  { name: "leaves a server behind", scenario: "server", course: "end", needs: "shell", expected: lands },
  {
    name: "asks for permission",
    scenario: "ask",
    course: "end",
    needs: "shell",
    expected: fails("nothing-changed", "refused"),
  },
  {
    name: "is denied what it asks for",
    scenario: "denied",
    course: "end",
    permissions: "deny",
    expected: lands,
  },
  { name: "cancelled mid-tool", scenario: "slow", course: "cancel", needs: "shell", expected: fails("stopped") },
  { name: "told while it works", scenario: "told", course: "tell", needs: "ears", expected: lands },
  { name: "resumed", scenario: "hang-once", course: "resume", needs: "sessions", expected: lands },
  { name: "limited with a reset time", scenario: "limited", course: "park", expected: fails("limited") },
  {
    name: "dies by kill -9",
    scenario: "slow",
    course: "kill",
    needs: "shell",
    expected: fails("failed: agent-exit SIGKILL", "failed: no-final"),
  },
  { name: "200 kB prompt", scenario: "write", course: "end", padding: 200_000, expected: lands },
  {
    name: "four at once",
    scenario: "write",
    course: "end",
    tasks: 4,
    expected: { outcomes: ["done"], exit: 0, landed: 4 },
  },
];

interface Difference {
  readonly expected: Expected;
  readonly why: string;
  /** `limits:` of the agent, where those of the case would only be waited for. */
  readonly limits?: string;
}

const each = (names: readonly string[], difference: Difference): Readonly<Record<string, Difference>> =>
  Object.fromEntries(names.map((name) => [name, difference]));

const triesAgain: Difference = {
  expected: fails("failed: time-limit"),
  limits: short,
  why: "tries again by itself for longer than the time limit of this case, and no setting was found that bounds it",
};
const waits: Difference = {
  expected: fails("failed: time-limit"),
  limits: short,
  why: "waits by itself, without a word, for as long as the provider said: the time limit ends it",
};
const ownGuard: Difference = {
  expected: fails("failed: agent-failed other"),
  why: "its own guard against loops ends it before ours",
};

/** Where an agent is known to differ, and why: shown in the table. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  codex: { "limited with a reset time": waits },
  gemini: {
    "goes round in circles": ownGuard,
    "floods 200 MB": {
      expected: fails("failed: time-limit"),
      limits: short,
      why: "draws all of it on a terminal of its own, for a minute or more without a word: the time limit ends it",
    },
  },
  opencode: { ...each(["500", "529"], triesAgain), "limited with a reset time": waits },
  qwen: {
    ...each(["429", "500", "529"], triesAgain),
    "limited with a reset time": waits,
    "goes round in circles": ownGuard,
  },
  pi: { "limited with a reset time": waits },
  aider: each(["429", "500", "529", "limited with a reset time"], triesAgain),
  "acp (opencode)": {
    ...each(["500", "529"], triesAgain),
    "limited with a reset time": waits,
    "is denied what it asks for": {
      expected: fails("nothing-changed"),
      why: "ends its turn where it is refused something",
    },
  },
  builtin: {
    "is denied what it asks for": {
      expected: fails("nothing-changed"),
      why: "asks for edits, too: denied them, it changes nothing",
    },
    "200 kB prompt": {
      expected: fails("nothing-changed"),
      why: "shows the model both ends of so long a task, and names a file that has all of it: the scripted model reads none",
    },
  },
  "command (claude)": each(["401", "500", "529", "refused connection"], {
    expected: fails("failed: agent-exit"),
    why: "a command tells no cause: its exit code is all",
  }),
};

export function limitsOf(entry: Entry, one: Case): string {
  return differences[entry.name]?.[one.name]?.limits ?? one.limits ?? limits;
}

export function expectedOf(entry: Entry, one: Case): Expected {
  return differences[entry.name]?.[one.name]?.expected ?? one.expected;
}

/** What is to be known about an agent's way; null where it is as everybody's. */
export function noteOf(entry: Entry, one: Case): string | null {
  return differences[entry.name]?.[one.name]?.why ?? null;
}

/** Why a case cannot be asked of an agent; null where it can. */
export function inapplicable(entry: Entry, { scenario, needs, course, permissions }: Case): string | null {
  if (needs !== undefined && !entry.hasShell) return "runs no commands";
  if (needs === "ears" && !entry.converses) return "cannot be told while it works: its next attempt is";
  if (needs === "sessions" && !entry.resumes) return "has no sessions to go on with";
  if (permissions !== undefined && entry.driver === "command") return "a command is run as it is";
  if (permissions !== undefined && entry.driver === "codex")
    return "its own sandbox, which denies, cannot be made in ours";
  if (scenario === "ask" && entry.driver === "command") return "a command asks nobody";
  if (scenario === "loop" && entry.driver === "command") return "what a command's tools do is not seen";
  if (course === "park" && entry.driver === "command") return "a command tells of limits only in lines of its own";
  return null;
}
