import { singleLine } from "../../std/text.ts";
import type { AgentEvent } from "../../domain/agent-event.ts";
import type { PermissionPolicy } from "../options.ts";
import type { Questions } from "../questions.ts";

/** Tools that can be approved or rejected one by one. */
export const tools = ["ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute"] as const;
export type ToolName = (typeof tools)[number];

const changing: readonly ToolName[] = ["write_file", "edit_file", "delete", "execute"];

/** Whether a tool may be used now, on what `detail` says. */
export type Approve = (tool: ToolName, detail: string) => Promise<boolean>;

/** `asked`: tools that a person is asked for, whatever the policy is for all that change something. */
export function approval(
  policy: PermissionPolicy,
  asked: readonly ToolName[],
  questions: Questions,
  emit: (event: AgentEvent) => void,
): Approve {
  return async (tool, detail) => {
    const question = singleLine(`${tool}: ${detail}`, 300);
    if (policy === "deny" && changing.includes(tool)) {
      emit({ type: "permission", asked: question, answer: "denied" });
      return false;
    }
    if (asked.includes(tool) || (policy === "ask" && changing.includes(tool))) return await questions.ask(question);
    return true;
  };
}
