import { noUsage, type AgentEvent, type Usage, type UsageBasis } from "../domain/agent-event.ts";
import { maxRefusals } from "../domain/attempt-state.ts";
import type { AgentLimits } from "../domain/agent.ts";
import type { Ending, Final, Limit } from "../domain/judge-attempt.ts";
import { maxMessages } from "../domain/message.ts";
import { addUsage, usageSince } from "../domain/usage.ts";
import type { JournalBody } from "../domain/job.ts";
import { singleLine } from "../std/text.ts";

/** What the agent says, or its tools do, is told this often at most; milliseconds. */
const tellPauseMs = 100;
/** Nobody is called for more questions of one attempt. */
const mostQuestions = 100;
/** How often what it has used so far is told at most; caps are looked at by it. */
const usagePauseMs = 500;

export interface WatchOptions {
  readonly limits: AgentLimits;
  /** What an earlier attempt in the same session had used: agents that count by session count it again. */
  readonly sessionUsage: Usage | null;
  readonly tell: (body: JournalBody) => void;
  /** It did something for which it is ended. */
  readonly end: (why: Extract<Ending, { kind: "loop" | "turn-limit" }>) => void;
  /** Milliseconds that only grow. */
  readonly elapsedMs: () => number;
}

/** Keeps what an agent told of, and ends one that goes round in circles. Nothing of it is believed. */
export class AgentWatch {
  session: string | null = null;
  final: Final | null = null;
  limit: Limit | null = null;
  claim: string | null = null;
  turns: number | null = null;
  readonly refused: string[] = [];
  /** What it waits for an answer with. */
  private readonly waiting = new Set<string>();
  private questions = 0;
  /** As counted by session; null where the agent counts in another way. */
  sessionUsage: Usage | null = null;
  private readonly options: WatchOptions;
  private deltas: Usage = noUsage;
  private totals: Usage = noUsage;
  private toldAt = -Infinity;
  private usageToldAt = -Infinity;
  /** Tells what is held back, though nothing may follow it. */
  private soon: NodeJS.Timeout | null = null;
  private lastTool = "";
  private repeats = 0;
  /** Messages that it took up, by id. */
  private readonly heard = new Set<string>();

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** All it used in this attempt. */
  get usage(): Usage {
    return addUsage(this.deltas, this.totals);
  }

  take(events: readonly AgentEvent[]): void {
    for (const event of events) this.takeOne(event);
  }

  /** Tells what was used, whenever it was told at last. To be called at the end, too. */
  flush(): void {
    if (this.soon !== null) clearTimeout(this.soon);
    this.soon = null;
    this.usageToldAt = this.options.elapsedMs();
    this.options.tell({ type: "usage", usage: this.usage });
  }

  refuse(text: string): void {
    if (this.refused.length < maxRefusals && !this.refused.includes(text)) this.refused.push(text);
  }

  private takeOne(event: AgentEvent): void {
    switch (event.type) {
      case "session":
        if (this.session !== event.id) this.options.tell({ type: "session", id: event.id });
        this.session = event.id;
        return;
      case "progress":
        return this.progress(event.percent, event.message);
      case "message":
        return this.message(event.text);
      case "told":
        return this.told(event.id);
      case "turn":
        return this.turn();
      case "tool":
        return this.tool(event);
      case "file":
        return this.progress(null, `wrote ${event.path}`);
      case "usage":
        return this.used(event.usage, event.basis);
      case "permission":
        return this.permission(event.asked, event.answer);
      case "retry":
        return this.progress(null, `trying again: ${event.message}`);
      case "limit":
        this.limit = event;
        return this.progress(null, `its provider: ${event.message}`);
      case "final":
        this.final = event;
        return;
    }
  }

  private message(text: string): void {
    const line = singleLine(text, 500);
    if (line === "") return;
    this.claim = line;
    if (this.isTime()) this.options.tell({ type: "message", text: line });
  }

  private told(id: string): void {
    if (this.heard.size >= maxMessages || this.heard.has(id)) return;
    this.heard.add(id);
    // It has something to do again.
    this.final = null;
    this.options.tell({ type: "told", id });
  }

  private permission(asked: string, answer: Extract<AgentEvent, { type: "permission" }>["answer"]): void {
    const text = `permission: ${singleLine(asked, 200)}`;
    if (answer !== "granted") this.refuse(text);
    // It had waited for it.
    else if (this.refused.includes(text)) this.refused.splice(this.refused.indexOf(text), 1);
    const message = singleLine(`asked for permission: ${asked} (${answer})`, 300);
    const waited = this.waiting.delete(text);
    const waits = answer === "waiting";
    const isNew = waits && !waited;
    if (isNew && ++this.questions > mostQuestions) return this.progress(null, message);
    if (waits) this.waiting.add(text);
    if (!waits && !waited) return this.progress(null, message);
    // Said again, it is no other question.
    if (waits && !isNew) return;
    // Whatever was told just before: somebody is called, or has answered.
    this.options.tell({ type: "progress", percent: null, message, waits });
  }

  private progress(percent: number | null, message: string): void {
    if (this.isTime()) this.options.tell({ type: "progress", percent, message: singleLine(message, 300) });
  }

  private isTime(): boolean {
    const now = this.options.elapsedMs();
    if (now - this.toldAt < tellPauseMs) return false;
    this.toldAt = now;
    return true;
  }

  /** A limit that the agent got over was none. */
  private turn(): void {
    this.limit = null;
    this.turns = (this.turns ?? 0) + 1;
    const { turns } = this.options.limits;
    if (turns !== null && this.turns > turns) this.options.end({ kind: "turn-limit", turns });
  }

  private tool({ name, detail, state }: Extract<AgentEvent, { type: "tool" }>): void {
    if (state !== "started") return;
    const what = singleLine(`${name} ${detail}`, 300);
    this.repeats = what === this.lastTool ? this.repeats + 1 : 1;
    this.lastTool = what;
    this.progress(null, what);
    if (this.repeats >= this.options.limits.repeats) this.options.end({ kind: "loop", what, times: this.repeats });
  }

  private used(usage: Usage, basis: UsageBasis): void {
    if (basis === "delta") this.deltas = addUsage(this.deltas, usage);
    else if (basis === "attempt") this.totals = { ...this.totals, ...known(usage) };
    else {
      this.sessionUsage = { ...(this.sessionUsage ?? noUsage), ...known(usage) };
      this.totals = { ...this.totals, ...known(usageSince(usage, this.options.sessionUsage)) };
    }
    const leftMs = usagePauseMs - (this.options.elapsedMs() - this.usageToldAt);
    if (leftMs <= 0) this.flush();
    else this.soon ??= setTimeout(() => this.flush(), leftMs);
  }
}

/** Only what was told: an agent may tell tokens in one way and costs in another. */
function known(usage: Usage): Partial<Usage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}
