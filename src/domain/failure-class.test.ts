import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuTime } from "../../test/rig/cpu-time.ts";
import { classify } from "./failure-class.ts";

describe("a failure", () => {
  it.each([
    [401, "permission", false],
    [403, "permission", false],
    [429, "resource", true],
    [500, "network", true],
    [529, "network", true],
    [400, "validation", false],
    [404, "validation", false],
  ])("is classed by its HTTP status, whatever the text says: %i", (status, kind, retryable) => {
    expect(classify({ status, text: "ENOSPC: no space left on device" })).toMatchObject({ class: kind, retryable });
  });

  it("is a matter of money where a quota has to be paid", () => {
    expect(
      classify({ status: 429, text: "You exceeded your current quota, check your plan and billing details" }),
    ).toMatchObject({ class: "permission", retryable: false });
  });

  it.each([
    ["ECONNRESET", "network"],
    ["ENOSPC", "resource"],
    ["EACCES", "permission"],
    ["ENOENT", "validation"],
  ])("is classed by its system error: %s", (errno, kind) => {
    expect(classify({ errno, text: "AssertionError" }).class).toBe(kind);
  });

  it.each([
    ["Could not resolve host: example.org", "network", true],
    ["API Error: 529 Overloaded", "network", true],
    ["Error: self signed certificate in certificate chain", "network", false],
    ["You've hit your weekly limit \u00b7 resets 3am (Europe/London)", "resource", true],
    ["Error: listen EADDRINUSE :::5000", "resource", true],
    ["fatal: Unable to create '/x/index.lock': File exists.", "resource", true],
    ["remote: error: GH006: Protected branch update failed", "permission", false],
    ["Incorrect API key provided", "permission", false],
    ["prompt is too long: 200049 tokens > 200000 maximum", "validation", false],
    ["src/a.ts(28,11): error TS2345: Argument of type", "validation", true],
    ["CONFLICT (content): Merge conflict in a.txt", "logic", true],
    ["panic: test timed out after 5s", "logic", true],
    ["Claude Code process exited with code 1", "unknown", true],
    ["\u001b[31mError: \u001b[1mENOSPC\u001b[0m: no space left on device", "resource", false],
  ])("is classed by its text: %s", (text, kind, retryable) => {
    expect(classify({ text })).toMatchObject({ class: kind, retryable });
  });

  it("is classed by its exit where nothing else tells", () => {
    expect(classify({ signal: "SIGKILL" }).class).toBe("resource");
    expect(classify({ exitCode: 137, text: "" }).class).toBe("resource");
    expect(classify({ exitCode: 127 }).class).toBe("validation");
    expect(classify({ exitCode: 1, text: "oh" }).class).toBe("unknown");
    expect(classify({ errno: "toString", status: Number.NaN }).class).toBe("unknown");
  });

  it("shows what the class rests on, bounded, for any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.integer()), fc.option(fc.string()), (text, status, errno) => {
        const { why } = classify({ text, status, errno });
        expect(why.length).toBeGreaterThan(0);
        expect(why.length).toBeLessThanOrEqual(120);
      }),
    );
    const begun = cpuTime();
    for (const part of ["error ", "lock ", "assertion ", "lock file", "hit your a ", "unexpected token ", "-"]) {
      classify({ text: part.repeat(200_000) });
    }
    expect(cpuTime() - begun).toBeLessThan(2_000);
  });
});

const corpus = ["../../../shared/corpus/errors/errors.jsonl", "../../../../shared/corpus/errors/errors.jsonl"]
  .map((path) => new URL(path, import.meta.url))
  .find((path) => existsSync(path));

interface Labelled {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly second_label: string | null;
}

describe.skipIf(corpus === undefined)(
  `errors of real tools${corpus ? "" : " (the corpus is not on this machine)"}`,
  () => {
    it("are classed as a reader did", () => {
      const errors = readFileSync(corpus ?? "", "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Labelled);
      const wrong = errors.flatMap(({ id, text, label, second_label: second }) => {
        const found = classify({ text });
        return found.class === label ? [] : [{ id, found: found.class, label, second, why: found.why }];
      });
      expect(errors.length).toBeGreaterThan(100);
      console.log(wrong.map((w) => JSON.stringify(w)).join("\n"));
      // Second labels are cases that a classifier may reasonably decide otherwise.
      expect(wrong.filter(({ found, second }) => found !== second).length).toBeLessThanOrEqual(errors.length * 0.03);
      expect(wrong.length).toBeLessThanOrEqual(errors.length * 0.08);
    });
  },
);
