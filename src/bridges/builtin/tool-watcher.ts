import { parseJsonObject } from "../../std/json-lines.ts";
import { singleLine } from "../../std/text.ts";
import type { AgentEvent, ToolState } from "../../domain/agent-event.ts";
import { fieldsOf, textOf } from "../untrusted.ts";

/** What tells most of a tool's call, in this order. */
const telling = ["command", "file_path", "pattern", "path", "description"];

/** Tells of each tool that is used, by the agent and its sub-agents; in the form of the library's callbacks. */
export function toolWatcher(emit: (event: AgentEvent) => void) {
  const running = new Map<string, { readonly name: string; readonly detail: string }>();
  const ended = (run: string, state: ToolState) => {
    const tool = running.get(run);
    running.delete(run);
    if (tool !== undefined) emit({ type: "tool", ...tool, state });
  };
  return {
    handleToolStart(tool: unknown, input: string, run: string, ...rest: readonly unknown[]): void {
      // Behind it: the parent's run, tags, metadata, and the name of the tool.
      const name = textOf(rest[3]) ?? textOf(fieldsOf(tool)["name"]) ?? "tool";
      const fields = parseJsonObject(input) ?? {};
      const detail = singleLine(telling.map((member) => textOf(fields[member])).find((text) => text !== null) ?? "");
      running.set(run, { name, detail });
      emit({ type: "tool", name, detail, state: "started" });
    },
    handleToolEnd(output: unknown, run: string): void {
      ended(run, isFailure(output) ? "failed" : "done");
    },
    handleToolError(_error: unknown, run: string): void {
      ended(run, "failed");
    },
  };
}

/** Tools answer with a text about what went wrong, and not all of them mark it as such. */
function isFailure(output: unknown): boolean {
  const { status, content } = fieldsOf(output);
  const [first] = Array.isArray(content) ? (content as unknown[]) : [];
  const text = textOf(content) ?? textOf(fieldsOf(first)["text"]) ?? "";
  return status === "error" || /^error\b/i.test(text);
}
