import { singleLine } from "../../std/text.ts";
import type { PermissionPolicy } from "../options.ts";
import { fieldsOf, listOf, textOf, type Fields } from "../untrusted.ts";

/** A request for permission, as far as it could be understood. */
export interface PermissionRequest {
  /** What is asked, for a person. */
  readonly asked: string;
  /** Of the tool: `read`, `edit`, `delete`, `move`, `execute`, `fetch` and others; null where it does not say. */
  readonly kind: string | null;
  /** Every path it names, as the agent names it. */
  readonly paths: readonly string[];
  readonly options: readonly { readonly id: string; readonly kind: string }[];
}

export function permissionRequestOf(params: unknown): PermissionRequest {
  const call = fieldsOf(fieldsOf(params)["toolCall"]);
  const kind = textOf(call["kind"]);
  const title = textOf(call["title"]) ?? textOf(call["toolCallId"]) ?? "a tool";
  const paths = pathsOf(call);
  const input = fieldsOf(call["rawInput"]);
  const command = textOf(input["command"]);
  const details = [command, ...paths].filter((detail) => detail !== null && !title.includes(detail));
  return {
    asked: singleLine([kind === null ? title : `${kind}: ${title}`, ...details].join(" · "), 300),
    kind,
    paths,
    options: listOf(fieldsOf(params)["options"], 50).flatMap((option) => {
      const { optionId, kind } = fieldsOf(option);
      return typeof optionId === "string" && typeof kind === "string" ? [{ id: optionId, kind }] : [];
    }),
  };
}

const pathMembers = ["path", "file_path", "filePath", "filepath", "fileName", "old_path", "new_path", "destination"];

/** The paths a tool call names: where it is, what it changes, and what its raw input calls a path. */
export function pathsOf(call: Fields): readonly string[] {
  const input = fieldsOf(call["rawInput"]);
  const found = [
    ...listOf(call["locations"]).map((location) => fieldsOf(location)["path"]),
    ...listOf(call["content"]).map((content) => fieldsOf(content)["path"]),
    ...pathMembers.map((name) => input[name]),
  ];
  return [...new Set(found.filter((path): path is string => typeof path === "string" && path !== ""))];
}

/** `ask`: a person is to decide. */
export type Judgement = "granted" | "denied" | "ask";

/** Kinds of tools that change files: they must say which, else they cannot be told to stay inside. */
const changing = new Set(["edit", "delete", "move"]);

/** No policy grants what names a path outside of the workspace, whoever would answer. */
export function judge(
  request: PermissionRequest,
  policy: PermissionPolicy,
  isInside: (path: string) => boolean,
): Judgement {
  if (policy === "deny") return "denied";
  if (!request.paths.every(isInside)) return "denied";
  if (!request.options.some(({ kind }) => kind.startsWith("allow_"))) return "denied";
  if (policy === "ask") return "ask";
  return request.kind !== null && changing.has(request.kind) && request.paths.length === 0 ? "denied" : "granted";
}

/** The answer an agent understands: for this once where it offers that; to cancel where it offers no refusal. */
export function outcomeOf(request: PermissionRequest, granted: boolean): { readonly outcome: Fields } {
  const wanted = granted ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
  const option = wanted
    .map((kind) => request.options.find((offered) => offered.kind === kind))
    .find((found) => found !== undefined);
  if (option === undefined) return { outcome: { outcome: "cancelled" } };
  return { outcome: { outcome: "selected", optionId: option.id } };
}
