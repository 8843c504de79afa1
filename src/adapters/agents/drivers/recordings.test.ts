import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../domain/agent-event.ts";
import type { DriverName } from "../../../domain/agent.ts";
import { driverNames } from "../../../domain/agent.ts";
import type { Driver, DriverJob, Reader } from "../driver.ts";
import { driverOf } from "./index.ts";

// What real agents wrote, each line followed by the events it stands for.
const folder = join(import.meta.dirname, "recordings");

type Row =
  | { readonly agent: DriverName; readonly version: string }
  | { readonly out: string }
  | { readonly err: string }
  | { readonly exit: { readonly code: number | null; readonly signal: string | null } }
  | { readonly event: AgentEvent };

const recordings = readdirSync(folder).map((file) => {
  const rows = readFileSync(join(folder, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const [head] = rows;
  if (head === undefined || !("agent" in head)) throw new Error(`${file} names no agent`);
  return { file, agent: head.agent, rows: rows.slice(1) };
});

const models: Partial<Record<DriverName, string>> = {
  claude: "claude-sonnet-4-5",
  codex: "gpt-5",
  gemini: "gemini-2.5-pro",
};

function driverNamed(agent: DriverName): Driver {
  return driverOf(agent, { acp: ["acp"], builtin: ["builtin"] });
}

function jobOf(agent: DriverName): DriverJob {
  return {
    prompt: "",
    promptFile: "/prompt.md",
    workspace: "/workspace",
    scratch: "/scratch",
    command: [agent],
    args: [],
    model: models[agent] ?? "m1",
    endpoint: null,
    maxTurns: null,
    maxCostUsd: null,
    permissions: "allow",
    converses: false,
    resume: null,
    sandboxed: true,
    environment: {},
  };
}

function readerOf(agent: DriverName): Reader {
  return driverNamed(agent).reader(jobOf(agent));
}

function feed(reader: Reader, row: Row): readonly AgentEvent[] {
  if ("out" in row) return reader.line(row.out, false);
  if ("err" in row) return reader.errorLine(row.err);
  return "exit" in row ? reader.ended(row.exit) : [];
}

describe("what a real agent wrote", () => {
  it("is here for each of them", () => {
    const agents = new Set(recordings.map(({ agent }) => agent));
    expect([...agents].sort()).toEqual(["aider", "claude", "codex", "gemini", "opencode", "pi", "qwen"]);
  });

  it.each(recordings)("is read as it was meant: $file", ({ agent, rows }) => {
    const reader = readerOf(agent);
    const read = rows.flatMap((row): Row[] =>
      "event" in row ? [] : [row, ...feed(reader, row).map((event) => ({ event }))],
    );
    expect(read).toEqual(rows);
  });

  it.each(recordings)(
    "has one final event at most, and one more where it was told something after it: $file",
    (one) => {
      const types = one.rows.flatMap((row) => ("event" in row ? [row.event.type] : []));
      const words = types.filter((type) => type === "final" || type === "told");
      expect(words.join(" ")).not.toContain("final final");
    },
  );
});

describe("an agent that is only asked", () => {
  const asked = recordings.filter(({ file }) => /^(claude|codex|gemini|opencode)-edit/.test(file));
  it.each(asked)("has its last message taken for the answer: $file", ({ agent, rows }) => {
    const stdout = rows.flatMap((row) => ("out" in row ? [row.out] : [])).join("\n");
    expect(driverNamed(agent).asking?.answer(stdout)).toBe("DONE: file written.");
  });

  it("runs nothing that nobody allowed, and reads the question from its stdin", () => {
    const launched = driverNames.flatMap((name) => {
      const launch = driverNamed(name).asking?.launch({ ...jobOf(name), prompt: "the question" });
      return launch === undefined ? [] : [[name, launch.stdin, launch.argv.join(" ")] as const];
    });
    expect(launched.map(([name, stdin]) => [name, stdin])).toEqual(
      ["claude", "codex", "gemini", "opencode"].map((name) => [name, "the question"]),
    );
    for (const [, , argv] of launched)
      expect(argv).not.toMatch(/skip-permissions|bypass|yolo|acceptEdits|workspace-write|--auto/);
  });
});

const maxText = 4_096;

/** What holds for every event, whatever an agent writes. */
function expectSound(event: AgentEvent): void {
  for (const value of Object.values(event.type === "usage" ? event.usage : event) as unknown[]) {
    if (typeof value === "string") expect(value.length).toBeLessThanOrEqual(maxText);
    if (typeof value === "number") expect(Number.isFinite(value) && value >= 0).toBe(true);
  }
  if (event.type === "session") expect(event.id).toMatch(/^[A-Za-z0-9][\w.:-]*$/);
  if (event.type === "message") expect(event.text).not.toMatch(/[\n\r]/);
}

const lines = recordings.flatMap(({ agent, rows }) =>
  rows.flatMap((row) => ("out" in row ? [{ agent, line: row.out }] : "err" in row ? [{ agent, line: row.err }] : [])),
);

/** Values that break what expects another type: also numbers beyond all bounds, and halves of characters. */
const odd = fc.oneof(
  fc.constantFrom(null, true, -1, 1e308, -1e308, 1e21, "", "\ud83d", "\u0000", "x".repeat(20_000), [], {}, [[]]),
  fc.jsonValue(),
);

function replaced(value: unknown, at: number, by: unknown): unknown {
  const state = { left: at };
  const walk = (one: unknown): unknown => {
    if (state.left-- === 0) return by;
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(value);
}

describe("no reader throws", () => {
  const agents = fc.constantFrom(...driverNames);
  const exits = fc.record({ code: fc.option(fc.integer()), signal: fc.option(fc.constantFrom("SIGKILL", "x")) });

  function check(agent: DriverName, written: readonly string[], exit: { code: number | null; signal: string | null }) {
    const reader = readerOf(agent);
    for (const [index, line] of written.entries()) {
      reader.line(line, index % 7 === 3).forEach(expectSound);
      reader.errorLine(line).forEach(expectSound);
    }
    reader.ended(exit).forEach(expectSound);
    expect(typeof (driverNamed(agent).asking?.answer(written.join("\n")) ?? "")).toBe("string");
  }

  it("whatever lines there are", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc.json(),
      fc.record({ type: fc.constantFrom(...knownTypes) }).map((fields) => JSON.stringify(fields)),
      fc
        .tuple(fc.constantFrom(...knownTypes), fc.object())
        .map(([type, fields]) => JSON.stringify({ ...fields, type })),
    );
    fc.assert(fc.property(agents, fc.array(line, { maxLength: 20 }), exits, check));
  });

  it("where any value of a real line is another one", () => {
    const mutated = fc.tuple(fc.constantFrom(...lines), fc.nat({ max: 60 }), odd).map(([{ agent, line }, at, by]) => {
      const parsed = attempt(() => JSON.parse(line) as unknown);
      return { agent, line: parsed === undefined ? line : JSON.stringify(replaced(parsed, at, by)) };
    });
    fc.assert(
      fc.property(fc.array(mutated, { minLength: 1, maxLength: 12 }), exits, (all, exit) =>
        check(
          all[0]?.agent ?? "command",
          all.map(({ line }) => line),
          exit,
        ),
      ),
      { numRuns: 300 },
    );
  });

  it("where a real line is cut, doubled or has a piece of another in it", () => {
    const spliced = fc
      .tuple(fc.constantFrom(...lines), fc.constantFrom(...lines), fc.nat({ max: 600 }), fc.nat({ max: 600 }))
      .map(([one, other, from, to]) => ({
        agent: one.agent,
        line: one.line.slice(0, from) + other.line.slice(Math.min(from, to), to) + one.line.slice(from),
      }));
    fc.assert(fc.property(spliced, exits, ({ agent, line }, exit) => check(agent, [line, line], exit)));
  });
});

const knownTypes = (
  "system assistant user result rate_limit_event item.started item.completed turn.failed turn.completed error message " +
  "tool_use tool_result init step_finish text message_end tool_execution_start tool_execution_end auto_retry_start " +
  "usage final limit progress permission file told command_lifecycle"
).split(" ");

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
