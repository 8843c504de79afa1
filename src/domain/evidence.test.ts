import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeEvidence, maxClaims, parseEvidence, type Claim, type Shown } from "./evidence.ts";
import type { CheckGo } from "./verdict.ts";

const item = { claim: "it works", command: "npm test" };
const file = (...evidence: unknown[]): string => JSON.stringify({ evidence });

describe("evidence of an agent", () => {
  it("is a bounded list of claims, each with a command and what is to come of it", () => {
    const stated = { ...item, task: 2, expect: { exit: 3, output: "3 passed" } };
    expect(parseEvidence(file(stated, { ...item, task: 1 }), 2)).toEqual({
      ok: true,
      refused: [],
      claims: [
        { task: 2, claim: "it works", command: "npm test", exit: 3, output: "3 passed" },
        { task: 1, claim: "it works", command: "npm test", exit: 0, output: null },
      ],
    });
  });

  it.each<[string, string, string]>([
    ["nothing", "", "it is no object"],
    ["prose", "All is well.", "it is no object"],
    ["a list", "[]", "it is no object"],
    ["half of it", file(item).slice(0, -3), "it is no object"],
    ["binary", "{\u0000\u0001\ufffd}", "it is no object"],
    ["nested without end", `{"evidence":${"[".repeat(60_000)}}`, "it is no object"],
    ["an object for a list", '{"evidence":{"0":1,"length":1}}', "it is no object"],
    ["5 MB", file({ ...item, claim: "x".repeat(5_000_000) }), "it has more than 65536 characters"],
    ["an empty list", file(), "there is not one command in it"],
    ["too many", file(...Array.from({ length: maxClaims + 1 }, () => item)), "it has more than 30 commands"],
    ["a number", file(7), "number 1: it is no object"],
    ["null", file(item, null), "number 2: it is no object"],
    ["no command", file({ claim: "it works" }), "number 1: `command` is a text"],
    ["a list of words", file({ ...item, command: ["npm", "test"] }), "number 1: `command` is a text"],
    ["a blank command", file({ ...item, command: "  " }), "number 1: `command` is a text"],
    ["a long command", file({ ...item, command: "x".repeat(4_001) }), "number 1: `command` is a text"],
    [
      "an escape sequence",
      file({ ...item, command: "npm test\u001b[2K" }),
      "number 1: `command` has control characters",
    ],
    ["a NUL", file({ ...item, command: "npm\u0000test" }), "number 1: `command` has control characters"],
    ["no claim", file({ command: "npm test" }), "number 1: `claim` is a text"],
    ["an expected word", file({ ...item, expect: "0" }), "number 1: `expect` is no object"],
    ["a fraction", file({ ...item, expect: { exit: 0.5 } }), "number 1: `expect.exit` is an exit code"],
    ["a shell's own exit code", file({ ...item, expect: { exit: 127 } }), "number 1: `expect.exit` is an exit code"],
    ["an output of nothing", file({ ...item, expect: { output: "" } }), "number 1: `expect.output` is a text"],
    ["another task", file({ ...item, task: 2 }), "number 1: `task` is a number from 1 to 1"],
  ])("is none where it is %s", (_, text, why) => {
    const evidence = parseEvidence(text, 1);
    expect(evidence).toMatchObject({ ok: false });
    expect(evidence.ok ? "" : evidence.why).toContain(why);
  });

  it("never throws, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"evidence":[${json}]}`),
        ),
        (text) => {
          expect(typeof parseEvidence(text, 1).ok).toBe("boolean");
        },
      ),
    );
  });

  it("has a command for each task", () => {
    expect(parseEvidence(file({ ...item, task: 1 }), 2)).toEqual({ ok: false, why: "no command is about task 2" });
    expect(parseEvidence(file(item), 2)).toEqual({ ok: false, why: "no command is about task 1" });
    expect(parseEvidence(file(item), 0)).toMatchObject({ ok: true, claims: [{ task: 0 }] });
  });
});

describe("a command that cannot fail is no evidence", () => {
  it.each([
    "true",
    ":",
    "exit 0",
    "echo ok",
    "echo 'npm test'",
    "  true ; true",
    "false || true",
    "sh -c true",
    "/bin/bash -ec 'echo ok'",
    "(exit 0)",
    "{ true; }",
    "if true; then true; fi",
    "! false",
    "CI=1 true",
    "command true",
    "env A=b true",
    "test 1 = 1",
    "[ a = a ]",
    "cd src && pwd",
    "npm test || true",
    "npm test || :",
    "npm test || echo failed",
    "(npm test || true)",
    "npm test; true",
    "npm test\necho done",
    "npm test; exit 0",
    "npm test | cat",
    "npm test 2>&1 | tail -5",
    "npm test &",
    "npm test & true",
  ])("%s", (command) => {
    const evidence = parseEvidence(file({ ...item, command }), 1);
    expect(evidence).toMatchObject({ ok: false });
    expect(evidence.ok ? "" : evidence.why).toContain("passes whatever the tree is");
  });

  it.each([
    "npm test",
    "test -f README.md",
    "[ -s out.txt ] && echo ok",
    "grep -q x file",
    "make && echo ok",
    "npm run build; npm test",
    "set -e; npm test; echo done",
    "npm test 2>&1",
    "npm test >/dev/null 2>&1",
    "npm test | grep -q '3 passed'",
    'test "$(./tool --version)" = 2',
    "sh -c './run --fast'",
    "sh test.sh",
    "! grep -r TODO src",
    "./tool || exit 1",
    "npm test && npm run lint",
  ])("which this is not: %s", (command) => {
    // `|| exit 1` fails as the tool does.
    expect(parseEvidence(file({ ...item, command }), 1)).toMatchObject({ ok: true, refused: [] });
  });

  it("but where its output tells, or another exit code is asked for", () => {
    const tells = { ...item, command: "npm test | tail -1", expect: { output: "3 passed" } };
    expect(parseEvidence(file(tells), 1)).toMatchObject({ ok: true });
    expect(parseEvidence(file({ ...item, command: "false", expect: { exit: 1 } }), 1)).toMatchObject({ ok: false });
    expect(parseEvidence(file({ ...item, command: "echo 3", expect: { output: "3" } }), 1)).toMatchObject({
      ok: false,
    });
  });

  it("and is left out beside others, which is said", () => {
    expect(parseEvidence(file({ ...item, command: "true" }, item), 1)).toMatchObject({
      ok: true,
      claims: [{ command: "npm test" }],
      refused: ["“true” passes whatever the tree is"],
    });
  });
});

describe("the verdict on evidence", () => {
  const claim: Claim = { task: 1, claim: "it works", command: "./tool", exit: 0, output: null };
  const go: CheckGo = { exit: { kind: "code", code: 0 }, durationMs: 1, tests: null, output: "said" };
  const shown = (code: number, of: Partial<Claim> = {}, more: Partial<Shown> = {}): Shown => ({
    claim: { ...claim, ...of },
    go: { ...go, exit: { kind: "code", code } },
    contains: true,
    ...more,
  });
  const exitOf = (...all: Shown[]): CheckGo["exit"] => judgeEvidence(all, []).exit;

  it("passes where every command did what it has to", () => {
    expect(exitOf(shown(0), shown(2, { exit: 2 }))).toEqual({ kind: "evidence", commands: 2, failed: 0 });
  });

  it("fails where one did not, and says which, at its end", () => {
    expect(exitOf(shown(0), shown(1))).toEqual({ kind: "evidence", commands: 2, failed: 1 });
    expect(exitOf(shown(0, { exit: 2 }))).toMatchObject({ failed: 1 });
    expect(exitOf(shown(0, { output: "3" }, { contains: false }))).toMatchObject({ failed: 1 });
    const { output } = judgeEvidence([shown(1), shown(0, { claim: "the rest" })], []);
    expect(output).toBe("holds: the rest\ndoes not hold: it works\n$ ./tool\nexit code 1\nsaid");
  });

  it("is none where one could not be run, unless another failed", () => {
    expect(exitOf(shown(0), shown(127))).toEqual({ kind: "no-evidence", detail: "./tool" });
    expect(exitOf(shown(127), shown(1))).toMatchObject({ kind: "evidence", failed: 1 });
    const notMade = shown(0, {}, { go: { ...go, exit: { kind: "not-started", detail: "no" } } });
    expect(exitOf(notMade)).toMatchObject({ kind: "no-evidence" });
  });

  it("is none where a test runner ran no test, and counts the most that ran", () => {
    const count = (passed: number): Partial<Shown> => ({
      go: { ...go, tests: { runner: "vitest", passed, failed: 0, skipped: 0 } },
    });
    expect(exitOf(shown(0, {}, count(0)))).toMatchObject({ kind: "no-evidence" });
    expect(judgeEvidence([shown(0, {}, count(2)), shown(0, {}, count(5))], []).tests?.passed).toBe(5);
  });
});
