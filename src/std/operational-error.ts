export interface OperationalErrorFacts {
  /** Stable, kebab-case; for programs. */
  readonly code: string;
  /** What happened, one sentence. */
  readonly what: string;
  /** Why, where it is known; may span lines. */
  readonly why?: string;
  /** The next command or step, for the person. */
  readonly next?: string;
  /** Process exit code by the command-line contract; 2 (usage or configuration) unless said otherwise. */
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/** Something outside of us is not as it must be, and a person can do something about it. */
export class OperationalError extends Error {
  override readonly name = "OperationalError";
  readonly code: string;
  readonly why: string | null;
  readonly next: string | null;
  readonly exitCode: number;

  constructor(facts: OperationalErrorFacts) {
    super(facts.what, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.why = facts.why ?? null;
    this.next = facts.next ?? null;
    this.exitCode = facts.exitCode ?? 2;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name (`ENOENT`, …) of a system error, else null. */
export function errnoOf(error: unknown): string | null {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return null;
}
