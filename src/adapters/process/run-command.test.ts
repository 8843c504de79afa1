import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

it("a command that takes too long is ended with all that it started", async () => {
  // What it starts holds its output open: it is over when that one is gone, too.
  const { code, trouble } = await runCommand("sh", ["-c", "sleep 600 & wait"], { env: process.env, timeoutMs: 200 });
  expect([code, trouble]).toEqual([null, "no end within 200 ms"]);
});
