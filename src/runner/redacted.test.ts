import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { makeRedactor } from "../domain/redact.ts";
import { RedactedLog } from "./redacted.ts";

const folder = mkdtempSync(join(tmpdir(), "nightcrew-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = "q7Zr-two words-Lk29fXw";
const secrets = makeRedactor({ values: [{ name: "DEPLOY_KEY", value: secret }] });
const line = "an ordinary line of a long log\n";

function makeLog(name: string, limit: number): { log: RedactedLog; text: () => string } {
  const file = join(folder, name);
  return { log: new RedactedLog(new BoundedLog(file, limit), secrets), text: () => readFileSync(file, "latin1") };
}

/** In pieces of `size`, so that secrets are cut anywhere. */
function write(log: RedactedLog, text: string, size: number, stream: "stdout" | "stderr" = "stdout"): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) log.write(bytes.subarray(at, at + size), stream);
}

const parts = secret.split(" ");

test.each([7, 1_000, 65_536])("no secret is in a log that is full, nor part of one, in pieces of %i", async (size) => {
  const { log, text } = makeLog(`full-${size}`, 1_000);
  write(log, `${secret}\n${line.repeat(20)}${`${secret}\n`.repeat(100_000)}the end ${secret}`, size);
  const tail = await log.end();
  for (const shown of [text(), tail]) for (const part of parts) expect(shown).not.toContain(part);
  expect(tail.endsWith("the end [redacted DEPLOY_KEY]")).toBe(true);
  expect(text()).toMatch(/\d+ bytes left out/);
  expect(text().endsWith("the end [redacted DEPLOY_KEY]")).toBe(true);
});

test("a secret that was begun before the log was full is redacted behind it", async () => {
  const { log } = makeLog("begun", 100);
  log.write(Buffer.from(`${line.repeat(4)}${secret.slice(0, 9)}`), "stdout");
  log.write(Buffer.from(`${secret.slice(9)} and more`), "stdout");
  const tail = await log.end();
  expect(tail).toBe(`${line.repeat(4)}[redacted DEPLOY_KEY] and more`);
});

test("what one stream says at last is shown, however much the other said", async () => {
  const { log } = makeLog("both", 1_000);
  write(log, line.repeat(10_000), 65_536);
  write(log, line.repeat(20_000), 65_536, "stderr");
  write(log, line.repeat(20_000), 65_536);
  write(log, `it failed: ${secret}\n`, 5, "stderr");
  expect((await log.end()).endsWith(`${line}it failed: [redacted DEPLOY_KEY]\n`)).toBe(true);
});

test("all bytes that are not in the log are counted", async () => {
  const { log, text } = makeLog("counted", 1_000);
  const whole = "0123456789 ".repeat(100_000);
  write(log, whole, 60_000);
  await log.end();
  const [, left = ""] = /(\d+) bytes left out/.exec(text()) ?? [];
  const shown = text().replace(/\n\[.*? left out .*?\]\n/, "");
  // Of the part that may have been a secret, the count knows nothing.
  expect(whole.length - shown.length - Number(left)).toBeLessThanOrEqual(64 * 1024);
  expect(shown.length).toBe(1_000 + 64 * 1024);
});
