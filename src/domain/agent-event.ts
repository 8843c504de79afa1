/**
 * What an agent was seen to do or say, in one form for every driver. All of it is a claim: it is shown, counted and
 * bounded, and no outcome rests on it alone.
 */
export type AgentEvent =
  /** The session it works in; `resume` of a later attempt names it. */
  | { readonly type: "session"; readonly id: string }
  | { readonly type: "progress"; readonly percent: number | null; readonly message: string }
  | { readonly type: "message"; readonly text: string }
  /** It took up what a person said to it meanwhile. */
  | { readonly type: "told"; readonly id: string }
  /** One model request came back: what turn limits count. */
  | { readonly type: "turn" }
  | { readonly type: "tool"; readonly name: string; readonly detail: string; readonly state: ToolState }
  /** A file it says it wrote; as the agent names it. */
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "usage"; readonly usage: Usage; readonly basis: UsageBasis }
  | { readonly type: "permission"; readonly asked: string; readonly answer: "granted" | "denied" | "waiting" }
  /** It tries a failed request again by itself. */
  | { readonly type: "retry"; readonly status: number | null; readonly message: string }
  /** Its provider refuses work for a while. `resetsAt`: milliseconds since the epoch; null where it was not told. */
  | { readonly type: "limit"; readonly resetsAt: number | null; readonly message: string }
  | { readonly type: "final"; readonly ok: true }
  | {
      readonly type: "final";
      readonly ok: false;
      readonly cause: FinalCause;
      /** HTTP status of the request that ended it, where there was one. */
      readonly status: number | null;
      readonly message: string;
    };

export type ToolState = "started" | "done" | "failed";

/** Why an agent says it did not finish. */
export type FinalCause =
  /** No key, a refused key, not logged in. */
  | "unauthorized"
  /** Rate limit or quota. */
  | "limited"
  /** Any other answer of the model's endpoint that it gave up on, or none at all. */
  | "endpoint"
  | "unknown-model"
  | "turn-limit"
  | "budget"
  /** The model or a safety layer declined the work. */
  | "refused"
  | "cancelled"
  | "other";

/**
 * What an agent says it used; null where it says nothing. Tokens read from a cache are in `cachedTokens` only, not in
 * `inputTokens`. Costs are in `currency` units, as reported, never guessed.
 */
export interface Usage {
  readonly inputTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
  readonly cost: number | null;
  readonly currency: string | null;
  /** The model that was used, where it was named. */
  readonly model: string | null;
}

/**
 * `delta`: since the usage event before. `attempt`: since this process began. `session`: since the session began, so that
 * what an earlier attempt in it had used is taken off.
 */
export type UsageBasis = "delta" | "attempt" | "session";

export const noUsage: Usage = {
  inputTokens: null,
  cachedTokens: null,
  outputTokens: null,
  cost: null,
  currency: null,
  model: null,
};
