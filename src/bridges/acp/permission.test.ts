import { expect, it } from "vitest";
import { judge, outcomeOf, permissionRequestOf } from "./permission.ts";

const options = [
  { optionId: "a", kind: "allow_always" },
  { optionId: "o", kind: "allow_once" },
  { optionId: "r", kind: "reject_always" },
];
const requestOf = (toolCall: object) => permissionRequestOf({ toolCall, options });
const inside = (path: string) => !path.startsWith("/etc");

it.each([
  [{ kind: "edit", content: [{ type: "diff", path: "/w/a" }] }, "granted", "ask"],
  [{ kind: "edit", locations: [{ path: "/w/a" }, { path: "/etc/a" }] }, "denied", "denied"],
  [{ kind: "edit", content: [{ path: "/w/a" }], rawInput: { file_path: "/etc/a" } }, "denied", "denied"],
  [{ kind: "edit", title: "Edit something" }, "denied", "ask"],
  [{ kind: "delete" }, "denied", "ask"],
  [{ kind: "execute", rawInput: { command: "make" } }, "granted", "ask"],
  [{ kind: "read", locations: [{ path: "/etc/shadow" }] }, "denied", "denied"],
  [{ kind: "fetch" }, "granted", "ask"],
])("judges %j", (toolCall, allow, ask) => {
  const request = requestOf(toolCall);
  expect(judge(request, "allow", inside)).toBe(allow);
  expect(judge(request, "ask", inside)).toBe(ask);
  expect(judge(request, "deny", inside)).toBe("denied");
});

it("answers for this once where it can, and cancels where no refusal is offered", () => {
  expect(outcomeOf(requestOf({}), true)).toEqual({ outcome: { outcome: "selected", optionId: "o" } });
  expect(outcomeOf(requestOf({}), false)).toEqual({ outcome: { outcome: "selected", optionId: "r" } });
  const none = permissionRequestOf({ options: [{ optionId: "x", kind: "something" }] });
  expect(outcomeOf(none, false)).toEqual({ outcome: { outcome: "cancelled" } });
  expect(judge(none, "allow", inside)).toBe("denied");
});

it("names what is asked, with the command and the paths that the title leaves out", () => {
  const toolCall = { kind: "execute", title: "Run\u001b[31m it", rawInput: { command: "rm -r x", path: "/w/x" } };
  expect(requestOf(toolCall).asked).toBe("execute: Run it · rm -r x · /w/x");
});

it.each([null, 7, {}, { toolCall: [], options: "x" }, { toolCall: { locations: [null, 3, { path: 5 }] } }])(
  "understands nothing of %j, without harm",
  (params) => {
    expect(permissionRequestOf(params)).toEqual({ asked: "a tool", kind: null, paths: [], options: [] });
  },
);
