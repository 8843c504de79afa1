import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test as base } from "vitest";
import {
  questionOf,
  startPlanningModel,
  type ModelSays,
  type PlanningModel,
} from "../../../test/rig/planning-model.ts";
import { replayTransport } from "../../../test/rig/replay.ts";
import type { Endpoint } from "../../adapters/models/endpoint.ts";
import { plainTask } from "../../adapters/sources/task-file.ts";
import { statedTasks, type DraftTask } from "../../domain/roadmap.ts";
import { normalise } from "./normalise.ts";
import { checkPlan } from "../../domain/plan-check.ts";
import { planFindingText } from "../../domain/present/plan-finding-text.ts";
import { httpTransport } from "../../adapters/models/http-transport.ts";
import { defaultBudget } from "../../domain/budget.ts";
import type { Asked } from "./planning-folder.ts";
import { decompose, type Decomposed, type RequestMeans } from "./request.ts";
import { SharedAsking } from "./shared-asking.ts";

// A scripted model on loopback, with what models really say.

type Script = (request: PlanningModel["asked"][number], turn: number) => ModelSays;

interface World {
  readonly model: PlanningModel;
  readonly home: string;
  readonly means: RequestMeans;
  readonly asks: (more?: Partial<RequestMeans>, maxTasks?: number) => Promise<Decomposed & Asked>;
}

const test = base.extend<{ world: (script: Script, endpoint?: Partial<Endpoint>, path?: string) => Promise<World> }>({
  // oxlint-disable-next-line no-empty-pattern -- the fixture's signature
  world: async ({}, use) => {
    const home = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-request-")));
    const models: PlanningModel[] = [];
    let asked = 0;
    try {
      await use(async (script, endpoint = {}, path = "/v1") => {
        const model = await startPlanningModel(script);
        models.push(model);
        const planner = {
          kind: "endpoint" as const,
          endpoint: { ...openai, baseUrl: `${model.url}${path}`, ...endpoint },
        };
        const means = { ...usual, planner, home, manners: new Map() };
        const asks: World["asks"] = (more = {}, maxTasks = 30) =>
          decompose(
            { request: "add login", context: async () => [], maxTasks, capabilities: [] },
            { ...means, key: `0000000${asked++}`, ...more },
          );
        return { model, home, asks, means: { ...means, key: "99999999" } };
      });
    } finally {
      for (const model of models) await model.close();
      rmSync(home, { recursive: true });
    }
  },
});

const openai: Endpoint = {
  protocol: "openai",
  name: "test",
  baseUrl: "",
  keyName: "OPENAI_API_KEY",
  model: "gpt-6.1-sol",
};

const shared = new SharedAsking();

const usual: Omit<RequestMeans, "planner" | "manners" | "home" | "key"> = {
  transport: httpTransport({}),
  keyOf: async () => "sk-test-0123456789abcdef",
  settings: {},
  rules: { name: "none", hosts: [], readable: [] },
  timeoutMs: 10_000,
  budget: defaultBudget,
  prices: undefined,
  check: async ({ tasks }) => checkPlan(tasks, { paths: null, kindOf: () => "request" }).map(planFindingText),
  spentTodayUsd: 0,
  shared,
  now: 1_000,
  signal: new AbortController().signal,
};

function task(id: string, own: object = {}): object {
  return { id, title: `Make ${id}`, description: "", acceptanceCriteria: ["it works"], dependencies: [], ...own };
}

function says(...tasks: readonly object[]): ModelSays {
  return { content: JSON.stringify({ tasks }) };
}

const ids = ({ reading }: Decomposed): (string | null)[] => reading.tasks.map(({ statedId }) => statedId);

const sloppy = `Sure! Here is the plan:

\`\`\`json
{
  // the plan
  "tasks": [
    {"id": 1, "name": "Sessions", "description": "Keep // sessions, [really],", "priority": "urgent", "estimated_time": "1.5 hours", "extra": {"a": 1},},
    {"id": "2", "title": "Login", "depends_on": "1", "priority": "normal", "type": "Code Generation", "acceptance": "it logs in", "confidence": 0.9},
  ], /* done */
}
\`\`\`
Tell me if you need more.`;

describe("a model that", () => {
  test("speaks Anthropic's protocol is held to the form by a tool", async ({ world }) => {
    const { model, asks } = await world(() => ({ tool: { tasks: [task("a")] } }), { protocol: "anthropic" });
    expect(ids(await asks())).toEqual(["a"]);
    expect(model.asked[0]?.tools?.[0]?.function.name).toBe("plan");
  });

  test("answers with fences, comments, other names and commas too many is understood", async ({ world }) => {
    const { model, asks } = await world(() => ({ content: sloppy }));
    const made = await asks();
    expect(made.reading.tasks).toMatchObject([
      {
        statedId: "1",
        title: "Sessions",
        description: "Keep // sessions, [really],",
        priority: "critical",
        estimateMinutes: 90,
      },
      {
        statedId: "2",
        title: "Login",
        dependsOn: ["1"],
        priority: "medium",
        type: "code-generation",
        acceptance: ["it logs in"],
      },
    ] satisfies Partial<DraftTask>[]);
    // A task without acceptance was shown to it once more.
    expect(model.asked).toHaveLength(2);
    expect(questionOf(model.asked[1]!)).toContain("nothing says how one sees that it is done: 1");
  });

  test("is cut at its limit is asked for less", async ({ world }) => {
    const cut = { content: '{"tasks": [{"id": "a", "ti', finishReason: "length" };
    const { model, asks } = await world((_, turn) => (turn === 1 ? cut : says(task("a"))));
    expect(ids(await asks())).toEqual(["a"]);
    expect(questionOf(model.asked[1]!)).toContain("too long and was cut");
    // Instead of the question, not behind it: two turns of one side in a row are refused by some.
    expect(model.asked[1]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  });

  test("is cut where what came can be read is not believed to have said all", async ({ world }) => {
    const script: Script = (_, turn) => ({
      tool: { tasks: turn === 1 ? [task("a")] : [task("a"), task("b")] },
      ...(turn === 1 ? { finishReason: "length" } : {}),
    });
    const { asks } = await world(script, { protocol: "anthropic" });
    expect(ids(await asks())).toEqual(["a", "b"]);
  });

  test("says no JSON is told so, and given up on after two repairs", async ({ world }) => {
    const { model, asks } = await world(() => ({ content: "I would rather talk about the weather." }));
    await expect(asks()).rejects.toMatchObject({
      code: "planning-answer",
      why: expect.stringMatching(
        /^it is not JSON: there is no JSON in it\nit said: I would rather talk about the weather\.\n/,
      ) as string,
    });
    expect(model.asked).toHaveLength(3);
    expect(questionOf(model.asked[2]!)).toContain("That answer cannot be used: it is not JSON");
  });

  test("forgets what belongs to a task is told which", async ({ world }) => {
    const { model, asks } = await world((_, turn) => says(turn === 1 ? { title: "no id" } : task("a")));
    expect(ids(await asks())).toEqual(["a"]);
    expect(questionOf(model.asked[1]!)).toContain("tasks.0.id");
  });

  test("makes 200 tasks is asked to join them, and then refused", async ({ world }) => {
    const many = Array.from({ length: 200 }, (_, index) => task(`t${index}`));
    const { asks } = await world((_, turn) => says(...(turn < 3 ? many : many.slice(0, 40))));
    await expect(asks()).rejects.toMatchObject({
      why: expect.stringMatching(/^it has 40 tasks, and at most 30 are allowed: join small ones\n/) as string,
    });
    expect(ids(await asks({}, 40))).toHaveLength(40);
  });

  test("waits in a circle is shown it once more", async ({ world }) => {
    const circle = [task("a", { dependencies: ["b"] }), task("b", { dependencies: ["a"] })];
    const { model, asks } = await world(() => says(...circle));
    await asks();
    expect(questionOf(model.asked[1]!)).toContain("the tasks wait for each other in a circle: a → b → a");
  });

  test("puts right what was found is believed the second time", async ({ world }) => {
    const wrong = task("a", { dependencies: ["nowhere"], files: ["../x", "/etc/passwd", ".git/config", "./src/a.ts"] });
    const { model, asks } = await world((_, turn) => says(...(turn === 1 ? [wrong] : [task("a"), task("b")])));
    const made = await asks();
    expect([ids(made), made.notes]).toEqual([["a", "b"], []]);
    expect(questionOf(model.asked[1]!)).toContain("which is not in the plan");
    expect(questionOf(model.asked[1]!)).toContain("task a names files outside of the repository");
  });

  test("makes it worse the second time is not believed, and that is said", async ({ world }) => {
    const circle = [task("a", { dependencies: ["b"] }), task("b", { dependencies: ["a"] })];
    const { asks } = await world((_, turn) => says(...(turn === 1 ? [task("a", { acceptanceCriteria: [] })] : circle)));
    const made = await asks();
    expect(ids(made)).toEqual(["a"]);
    expect(made.notes).toEqual([
      "looked over again it was no plan any more, so this is the first: the tasks wait for each other in a circle: a → b → a",
    ]);
  });

  test("gives only what it corrected the second time is told of", async ({ world }) => {
    const { asks } = await world((_, turn) =>
      says(...(turn === 1 ? [task("a"), task("b", { acceptanceCriteria: [] })] : [task("b")])),
    );
    const made = await asks();
    expect([ids(made), made.notes]).toEqual([["b"], ["looked over again it lacks what it had: a (Make a)"]]);
  });

  test("cannot be asked a second time leaves the first plan, and that is said", async ({ world }) => {
    const failing: ModelSays = { error: { message: "no credit" }, status: 402 };
    const { asks } = await world((_, turn) => (turn === 1 ? says(task("a", { acceptanceCriteria: [] })) : failing));
    const made = await asks();
    expect(ids(made)).toEqual(["a"]);
    expect(made.notes).toEqual(["it was not looked over again: test takes no more requests for now"]);
  });

  test("is asked twice at once for one submission is asked once", async ({ world }) => {
    const { model, asks } = await world((_, turn) => says(task(`t${turn}`)));
    const [one, two] = await Promise.all([asks({ key: "00000043" }), asks({ key: "00000043" })]);
    expect([ids(one), ids(two), model.asked.length]).toEqual([["t1"], ["t1"], 1]);
  });

  test("is waited for by two is asked on when one of them leaves, and no more when both have left", async ({
    world,
  }) => {
    const leaving = [new AbortController(), new AbortController()];
    const [first, second] = leaving;
    const sent: AbortSignal[] = [];
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const transport: RequestMeans["transport"] = {
      send: (_, signal) => {
        sent.push(signal);
        begin();
        return new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      },
    };
    const { asks } = await world(() => says(task("a")));
    const waiting = leaving.map(({ signal }) => asks({ key: "00000044", signal, transport }));
    const ended = waiting.map((one) => one.catch((error: unknown) => error));
    await begun;
    first?.abort();
    expect(await ended[0]).toMatchObject({ code: "daemon-stopped" });
    expect(sent.map(({ aborted }) => aborted)).toEqual([false]);
    second?.abort();
    expect(await ended[1]).toMatchObject({ code: "daemon-stopped" });
    expect(sent.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("was asked under a key is not asked again under it", async ({ world }) => {
    const { model, asks } = await world((_, turn) => says(task(`t${turn}`)));
    expect(ids(await asks({ key: "00000042" }))).toEqual(["t1"]);
    expect(ids(await asks({ key: "00000042" }))).toEqual(["t1"]);
    expect(model.asked).toHaveLength(1);
  });
});

describe("the rest of a roadmap", () => {
  test("is read by a model into tasks of the same roadmap, in the order of its lines", async ({ world }) => {
    const { model, means } = await world(() =>
      says(task("x", { lines: [2, 2], title: "Learn dates" }), task("y", { lines: "9", title: "Made up" })),
    );
    const known = plainTask({ id: "1", title: "The parser", description: "", line: 5 });
    const unread = [
      { from: 1, to: 3, reason: "prose", text: "So far.\nIt has to learn dates.\nThat is all." },
    ] as const;
    const reading = { ...statedTasks([known]), unread };
    const made = await normalise({ word: "ROADMAP.md", reading, maxTasks: 30 }, means);
    expect(made.reading.tasks.map(({ title, description }) => [title, description])).toEqual([
      ["Learn dates", "It has to learn dates."],
      ["The parser", ""],
    ]);
    expect(made.notes).toEqual([
      "ROADMAP.md: 1 task read by a model in what was not understood",
      "ROADMAP.md: left out, as it stands in no line that was not read: Made up",
    ]);
    expect(made.asked?.spend.amountUsd).toBeGreaterThan(0);
    expect(model.asked).toHaveLength(1);
  });

  test("is read in several questions where it is long; what fails later does not take what was read", async ({
    world,
  }) => {
    const lines = ["Learn dates.", "b".repeat(40_000), "c".repeat(40_000), "Learn times."];
    const unread = [{ from: 1, to: 4, reason: "prose", text: lines.join("\n") }] as const;
    const reading = { ...statedTasks([]), unread };
    const script =
      (last: ModelSays): Script =>
      (_, turn) =>
        turn === 1 ? says(task("x", { lines: [1, 1], title: "Dates" })) : last;
    const whole = await world(script(says(task("y", { lines: [4, 4], title: "Times", dependencies: ["Dates"] }))));
    const made = await normalise({ word: "a.md", reading, maxTasks: 2 }, whole.means);
    expect(made.reading.tasks.map(({ positionalId, dependsOn }) => [positionalId, dependsOn])).toEqual([
      ["L1", []],
      ["L4", ["Dates"]],
    ]);
    expect([made.reading.unread, whole.model.asked.length]).toEqual([[], 2]);
    expect(questionOf(whole.model.asked[1]!)).toContain("- Dates");
    expect(questionOf(whole.model.asked[1]!)).toContain("at most 1");
    const half = await world(script({ error: { message: "no credit" }, status: 402 }));
    const kept = await normalise({ word: "a.md", reading, maxTasks: 2 }, { ...half.means, key: "99999998" });
    expect(kept.reading.tasks.map(({ title }) => title)).toEqual(["Dates"]);
    expect(kept.reading.unread).toEqual(unread);
    expect(kept.notes.at(-1)).toBe(
      "a.md: from line 3 on no model was asked any more: test takes no more requests for now",
    );
  });

  test("may hold no work", async ({ world }) => {
    const { means } = await world(() => says());
    const unread = [{ from: 1, to: 1, reason: "prose", text: "So far." }] as const;
    const made = await normalise({ word: "a.md", reading: { ...statedTasks([]), unread }, maxTasks: 30 }, means);
    expect(made.reading.tasks).toEqual([]);
  });
});

describe("a record", () => {
  test("is played again without the endpoint, and gives the same plan", async ({ world }) => {
    const { model, asks, home } = await world((_, turn) =>
      turn === 1 ? { content: "no" } : says(task("a"), task("b")),
    );
    const made = await asks();
    const file = join(home, "planning", readdirSync(join(home, "planning")).sort()[0] ?? "", "exchanges.jsonl");
    expect(await asks({ transport: replayTransport(file) })).toEqual(made);
    expect(model.asked).toHaveLength(2);
  });
});

describe("an endpoint that", () => {
  test("does not know the form of an answer is asked without it, and that is remembered", async ({ world }) => {
    const refuses: ModelSays = { error: { message: "response_format is not supported" }, status: 400 };
    const { model, asks } = await world(({ response_format }) =>
      response_format === undefined ? says(task("a")) : refuses,
    );
    const forms = (): unknown[] => model.asked.map(({ response_format }) => response_format?.type);
    await asks();
    expect(forms()).toEqual(["json_schema", "json_object", undefined]);
    await asks();
    expect(forms().slice(3)).toEqual([undefined]);
  });

  test("does not take a limit is asked without it", async ({ world }) => {
    const refuses: ModelSays = { error: { message: "max_tokens: use max_completion_tokens" }, status: 400 };
    const { model, asks } = await world(({ max_tokens }) => (max_tokens === undefined ? says(task("a")) : refuses));
    await asks();
    expect(model.asked.map(({ response_format }) => response_format?.type)).toEqual(["json_schema", "json_schema"]);
  });

  test("is told of as much room as so many tasks need; one that gives less is asked without, or for the least", async ({
    world,
  }) => {
    const many = Array.from({ length: 200 }, (_, index) => task(`t${index}`));
    const refuses: ModelSays = { error: { message: "max_tokens: 80000 > 64000" }, status: 400 };
    for (const [protocol, then] of [
      ["openai", undefined],
      ["anthropic", 8_000],
    ] as const) {
      const { model, asks } = await world(
        ({ max_tokens = 0 }) =>
          max_tokens > 64_000 ? refuses : protocol === "openai" ? says(...many) : { tool: { tasks: many } },
        { protocol },
      );
      expect(ids(await asks({}, 200))).toHaveLength(200);
      expect(model.asked.map(({ max_tokens }) => max_tokens)).toEqual([80_000, then]);
    }
  });

  test("is busy is asked again, at the time that it says", async ({ world }) => {
    const busy: ModelSays = { error: { message: "slow down" }, status: 429, retryAfter: 0 };
    const { model, asks } = await world((_, turn) => (turn < 3 ? busy : says(task("a"))));
    expect(ids(await asks())).toEqual(["a"]);
    expect(model.asked).toHaveLength(3);
  });

  test("wants to be left alone for long is not waited for", async ({ world }) => {
    const { model, asks } = await world(() => ({ error: { message: "no" }, status: 429, retryAfter: 3_600 }));
    await expect(asks()).rejects.toMatchObject({
      code: "planning-limited",
      next: expect.stringContaining("try again in 1 h 00 min") as string,
    });
    expect(model.asked).toHaveLength(1);
  });

  test.for([
    [401, "planning-key-refused"],
    [403, "planning-key-refused"],
    [404, "planning-model", "there is no model of this name"],
    [404, "planning-endpoint", "page not found"],
    [400, "planning-endpoint"],
  ] as const)("answers %i is told of as %s", async ([status, code, message = "no"], { world }) => {
    const { asks } = await world(() => ({ error: { message }, status }));
    await expect(asks()).rejects.toMatchObject({ code });
  });

  test("is not waited for by a daemon that is stopped", async ({ world }) => {
    const ending = new AbortController();
    const { asks } = await world(() => {
      ending.abort();
      return { error: { message: "later" }, status: 429, retryAfter: 20 };
    });
    await expect(asks({ signal: ending.signal })).rejects.toMatchObject({ code: "daemon-stopped", exitCode: 1 });
  });

  test("does not answer in time is left", async ({ world }) => {
    const { asks } = await world(() => ({ error: { message: "later" }, status: 429, retryAfter: 20 }));
    await expect(asks({ timeoutMs: 3_000 })).rejects.toMatchObject({
      code: "planning-timeout",
      why: "it was asked again after: HTTP 429",
    });
  });
});

describe("a key", () => {
  const key = "sk-test-0123456789abcdef";

  test("that an endpoint repeats is in no error, wherever that is cut", async ({ world }) => {
    for (const status of [401, 400, 500]) {
      const { asks } = await world(
        () => ({ error: { message: `${"x".repeat(280)} bad key ${key}` }, status }),
        {},
        "/v1",
      );
      const quick = asks({ timeoutMs: 2_500 });
      await expect(quick).rejects.not.toMatchObject({ why: expect.stringContaining("sk-test") as string });
    }
  });

  test("with line ends or quotes that were made round in it is not sent", async ({ world }) => {
    const { model, asks } = await world(() => says(task("a")));
    for (const value of [`${key}\nX-Evil: 1`, `“${key}”`, "two words"]) {
      const error: unknown = await asks({ keyOf: async () => value }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "planning-key-refused" });
      expect(JSON.stringify(error)).not.toContain("sk-test");
    }
    expect(ids(await asks({ keyOf: async () => `${key}\n` }))).toEqual(["a"]);
    expect(model.asked).toHaveLength(1);
  });

  test("and what looks like a secret is not sent in a question, and that is said", async ({ world }) => {
    const { model, means } = await world(() => says(task("a")));
    const own = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    const asked = { request: `use ${key} and ${own}`, maxTasks: 30, capabilities: [] };
    const made = await decompose({ ...asked, context: async () => [{ label: "README.md", text: key }] }, means);
    const question = questionOf(model.asked[0]!);
    expect(question).not.toMatch(/sk-test|ghp_/);
    expect(question).toContain("use [redacted OPENAI_API_KEY] and [redacted");
    expect(made.notes).toEqual([
      "what looks like a secret in the request was not sent: its tasks do not have it either",
    ]);
  });
});

describe("an address", () => {
  test("that sends to another host is told of, and the key is sent to neither again", async ({ world }) => {
    const { model, asks } = await world(() => says(task("a")));
    const transport: RequestMeans["transport"] = {
      send: async () => ({ status: 308, headers: { location: `${model.url}/v1?token=x` }, body: "" }),
    };
    await expect(asks({ transport })).rejects.toMatchObject({
      message: "test sends to another address, where nothing was sent",
      why: `HTTP 308: ${model.url}/v1`,
    });
    expect(model.asked).toHaveLength(0);
  });

  test("may hold who logs in, who is written down nowhere", async ({ world }) => {
    const { model, asks, home } = await world(() => says(task("a")));
    const url = model.url.replace("http://", "http://me:hunter2%zz@");
    const sent: Readonly<Record<string, string>>[] = [];
    const transport: RequestMeans["transport"] = {
      send: (request, signal) => {
        sent.push({ url: request.url, login: request.headers["authorization"] ?? "" });
        return httpTransport({}).send(request, signal);
      },
    };
    const endpoint = { ...openai, keyName: null, baseUrl: url };
    await asks({ transport, planner: { kind: "endpoint", endpoint } });
    const login = `Basic ${Buffer.from("me:hunter2%zz").toString("base64")}`;
    expect(sent).toEqual([{ url: `${model.url}/v1/chat/completions`, login }]);
    for (const name of readdirSync(join(home, "planning")).filter((one) => !one.startsWith("spent-"))) {
      const file = join(home, "planning", name, "exchanges.jsonl");
      expect(readFileSync(file, "utf8")).not.toContain("hunter2");
    }
  });

  test.for(["localhost:4000", "ftp://x.test", "nowhere"])("such as %s is none", async (baseUrl, { world }) => {
    const { asks } = await world(() => says(task("a")));
    const planner = { kind: "endpoint", endpoint: { ...openai, baseUrl } } as const;
    await expect(asks({ planner })).rejects.toMatchObject({ code: "planning-address" });
  });
});

describe("money", () => {
  test("that was paid for nothing is told of where it was", async ({ world }) => {
    const usage = { prompt_tokens: 100_000, completion_tokens: 0 };
    const { asks } = await world(() => ({ content: "no", usage }));
    await expect(asks()).rejects.toMatchObject({
      code: "planning-answer",
      why: expect.stringMatching(/\nwhat was answered until then cost 0\.60 USD/) as string,
    });
  });

  test("is not what no bill says", async ({ world }) => {
    const usage = { prompt_tokens: 1e308, completion_tokens: -5, cost: 1e300 };
    const { asks } = await world(() => ({ ...says(task("a")), usage }), {}, "/api/v1");
    expect((await asks()).spend).toEqual({ amountUsd: null, basis: "undeclared" });
  });

  test("is counted over all questions, by what the endpoint says", async ({ world }) => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 100, cost: 0.25 };
    const script: Script = (_, turn) => ({ ...says(task("a", turn === 1 ? { acceptanceCriteria: [] } : {})), usage });
    // Of those that the mock speaks for, only OpenRouter says what it cost.
    const { asks } = await world(script, {}, "/api/v1");
    expect((await asks()).spend).toEqual({ amountUsd: 0.5, basis: "reported" });
  });

  test("that is used up keeps a model from being asked again", async ({ world }) => {
    const usage = { prompt_tokens: 10_000_000, completion_tokens: 0 };
    const { model, asks, home } = await world(() => ({ ...says(task("a", { acceptanceCriteria: [] })), usage }));
    const made = await asks();
    expect(made.spend.amountUsd).toBe(20);
    const spent = join(home, "planning", "spent-0.jsonl");
    expect(JSON.parse(readFileSync(spent, "utf8"))).toMatchObject({ amountUsd: 20 });
    expect(made.notes.at(-1)).toContain("the budget is used up");
    expect(model.asked).toHaveLength(1);
  });
});
