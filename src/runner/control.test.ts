import { expect, it } from "vitest";
import { Control, type Controlled } from "./control.ts";

function agent(reads: boolean): Controlled & { readonly heard: string[] } {
  const heard: string[] = [];
  const nothing = (): void => undefined;
  const tell = ({ text }: { readonly text: string }): boolean => reads && heard.push(text) > 0;
  return { heard, stop: nothing, freeze: nothing, thaw: nothing, send: () => reads, tell };
}

const message = { type: "message", id: "m1", text: "Stop there." } as const;

it("says a message once, however often it comes", () => {
  const control = new Control(false);
  const current = agent(true);
  control.take(current);
  expect([control.obey(message), control.obey(message), control.obey({ ...message, id: "m2" })]).toEqual([
    { ok: true },
    { ok: true },
    { ok: true },
  ]);
  expect(current.heard).toEqual(["Stop there.", "Stop there."]);
});

it("says of a message that nobody read it, and says it when it comes again and somebody does", () => {
  const control = new Control(false);
  expect(control.obey(message).ok).toBe(false);
  control.take(agent(false));
  expect(control.obey(message).ok).toBe(false);
  const current = agent(true);
  control.take(current);
  expect([control.obey(message).ok, current.heard]).toEqual([true, ["Stop there."]]);
});
