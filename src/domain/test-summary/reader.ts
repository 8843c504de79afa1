import { addTallies, type Tally } from "./tally.ts";

/** Patterns see one line without colours, and must be linear: what runs in a gate is not trusted. */
export interface SummaryRule {
  readonly runner: string;
  /** First line of a summary. Absent: the collected lines are the summary, read when the output ends. */
  readonly opens?: RegExp;
  /** What the last line before, empty ones apart, must look like. */
  readonly after?: RegExp;
  /** Further lines of a summary that was opened; any other line that is not empty closes it. */
  readonly continues?: RegExp;
  /** Earlier lines that belong to the next summary. */
  readonly collects?: RegExp;
  /** A new run starts. Within a run the last summary counts, so that a line printed by a test does not. */
  readonly begins?: RegExp;
  /** Other forms in which the same tests were already told. */
  readonly replaces?: readonly SummaryRule[];
  /** Counts only where nothing else was recognised. */
  readonly lastResort?: true;
  /** Null when the lines are no summary after all. */
  readonly read: (text: string) => Tally | null;
}

interface Progress {
  readonly rule: SummaryRule;
  readonly wanted: RegExp;
  open: string[] | null;
  collected: string[];
  /** Of the runs that are over. */
  sum: Tally | null;
  /** Of the run at hand. */
  latest: Tally | null;
}

export interface SummaryReader {
  readonly line: (line: string) => void;
  readonly end: () => ReadonlyMap<SummaryRule, Tally>;
}

/** Reads one stream of output, line by line. */
export function summaryReader(rules: readonly SummaryRule[]): SummaryReader {
  const states = rules.map(start);
  let previous = "";
  return {
    line: (line) => {
      if (line.trim() === "") return;
      for (const state of states) if (advance(state, line, previous)) resetReplaced(states, state.rule);
      previous = line;
    },
    end: () => {
      for (const state of states) if (finish(state)) resetReplaced(states, state.rule);
      return new Map(states.flatMap((state) => (state.sum === null ? [] : [[state.rule, state.sum] as const])));
    },
  };
}

function start(rule: SummaryRule): Progress {
  const patterns = [rule.begins, rule.collects, rule.opens].filter((pattern) => pattern !== undefined);
  const wanted = new RegExp(patterns.map((pattern) => `(?:${pattern.source})`).join("|"));
  return { rule, wanted, open: null, collected: [], sum: null, latest: null };
}

/** True when a summary was completed. */
function advance(state: Progress, line: string, previous: string): boolean {
  const { rule } = state;
  if (state.open === null && !state.wanted.test(line)) return false;
  if (state.open !== null && rule.continues?.test(line) === true) {
    state.open.push(line);
    return false;
  }
  const closed = close(state);
  if (rule.begins?.test(line) === true) beginRun(state);
  if (rule.collects?.test(line) === true) state.collected.push(line);
  if (rule.opens?.test(line) !== true || rule.after?.test(previous) === false) return closed;
  state.open = [...state.collected, line];
  state.collected = [];
  return rule.continues === undefined ? close(state) : closed;
}

function beginRun(state: Progress): void {
  settle(state);
  state.collected = [];
}

function close(state: Progress): boolean {
  if (state.open === null) return false;
  const tally = state.rule.read(state.open.join("\n"));
  state.open = null;
  if (tally === null) return false;
  if (state.rule.begins === undefined) settle(state);
  state.latest = tally;
  return true;
}

function settle(state: Progress): void {
  if (state.latest !== null) state.sum = state.sum === null ? state.latest : addTallies(state.sum, state.latest);
  state.latest = null;
}

function finish(state: Progress): boolean {
  if (state.rule.opens === undefined && state.collected.length > 0) {
    state.open = state.collected;
    state.collected = [];
  }
  const closed = close(state);
  settle(state);
  return closed;
}

function resetReplaced(states: readonly Progress[], by: SummaryRule): void {
  for (const state of states) {
    if (by.replaces?.includes(state.rule) === true) {
      Object.assign(state, { open: null, collected: [], sum: null, latest: null });
    }
  }
}
