import type { AgentEvent } from "../../../domain/agent-event.ts";
import { singleLine } from "../../../std/text.ts";
import type { Fields } from "./fields.ts";
import { toolDetail, writtenBy } from "./said.ts";

const maxOpen = 256;
const maxId = 200;

interface Use {
  readonly name: string;
  readonly detail: string;
  readonly file: string | null;
}

/** Tool uses that were begun: agents name a tool when they begin, and only its id when it is done. */
export interface Tools {
  began(id: string | null, name: string, input: Fields): readonly AgentEvent[];
  /** Of a tool that was never begun nothing is told: there is no name for it. */
  ended(id: string | null, ok: boolean): readonly AgentEvent[];
}

export function toolsInUse(): Tools {
  const open = new Map<string, Use>();
  return {
    began(id, name, input) {
      const use = { name: singleLine(name, 80), detail: toolDetail(input), file: writtenBy(name, input) };
      if (id !== null && open.size < maxOpen) open.set(id.slice(0, maxId), use);
      return [{ type: "tool", name: use.name, detail: use.detail, state: "started" }];
    },
    ended(id, ok) {
      const key = (id ?? "").slice(0, maxId);
      const use = open.get(key);
      if (use === undefined) return [];
      open.delete(key);
      const done: AgentEvent = { type: "tool", name: use.name, detail: use.detail, state: ok ? "done" : "failed" };
      return ok && use.file !== null ? [done, { type: "file", path: use.file }] : [done];
    },
  };
}

/**
 * Counts model answers where an agent tells only of what is in them: what comes first after the start, or after
 * a tool's end, begins another one.
 */
export interface Answers {
  /** Something of an answer came. */
  part(): readonly AgentEvent[];
  /** A tool's result goes to the model: what follows is another answer. */
  result(): void;
}

export function answersSeen(): Answers {
  let open = false;
  return {
    part() {
      if (open) return [];
      open = true;
      return [{ type: "turn" }];
    },
    result() {
      open = false;
    },
  };
}
