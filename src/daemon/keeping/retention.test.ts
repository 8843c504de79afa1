import { expect, it } from "vitest";
import { retentionOf } from "./retention.ts";

it.each([
  [{}, { days: 7, automatic: true }],
  [
    { AGENT_RUN_RETENTION: "30", AGENT_AUTO_CLEANUP: "true" },
    { days: 30, automatic: true },
  ],
  [
    { AGENT_RUN_RETENTION: "0", AGENT_AUTO_CLEANUP: "1" },
    { days: null, automatic: true },
  ],
  [
    { AGENT_RUN_RETENTION: "", AGENT_AUTO_CLEANUP: "0" },
    { days: 7, automatic: false },
  ],
  [
    { NIGHTCREW_WORKSPACES: "4", NIGHTCREW_WORKSPACES_BYTES: "2GB" },
    { days: 7, automatic: true, bounds: { slots: 4, bytes: 2 * 1024 ** 3 } },
  ],
])("%j means %j", (env, retention) => {
  expect(retentionOf(env)).toMatchObject(retention);
});

it.each([
  { AGENT_RUN_RETENTION: "soon" },
  { AGENT_RUN_RETENTION: "-1" },
  { AGENT_AUTO_CLEANUP: "maybe" },
  { NIGHTCREW_WORKSPACES: "none" },
])("%j is refused, with what to do", (env) => {
  expect(() => retentionOf(env)).toThrow(expect.objectContaining({ code: "invalid-setting" }));
});
