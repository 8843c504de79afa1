import { statSync } from "node:fs";
import { textOf, type MockedAnswer, type MockedRequest, type MockedTool } from "./aimock.ts";

/**
 * What the scripted model does, chosen by marks in a task's own words, so that one model serves many tasks at once:
 * `{{do SCENARIO}}` and, any number of times, `{{write FILE TEXT}}`.
 */
export const scenarioNames = [
  /** Writes the files, one request each, then says that it is done. Without a mark `do` too. */
  "write",
  /** Says that there was nothing to do. */
  "talk",
  /** Says that it wrote the files, and did not. */
  "lie",
  "status-400",
  "status-401",
  "status-429",
  "status-500",
  "status-529",
  /** 429 with an hour until its reset. */
  "limited",
  /** A tool, then no byte for the one who asks first; whoever goes on with it, or begins anew, gets the files. */
  "hang-once",
  /** No byte is answered. */
  "hang",
  /** A tool, and then no byte. */
  "hang-later",
  /** The same tool again and again, `loopRequests` times at most. */
  "loop",
  /** A tool that prints 200 MB, then the files. */
  "flood",
  /** A tool that leaves a process in a session of its own, then the files. */
  "server",
  /** A tool that makes the file named by its text, which is outside of the workspace; then words. */
  "ask",
  /** Where there is a shell at all, a command that reaches out of the workspace and leaves a file in it; then the files. */
  "denied",
  /** A tool that takes some seconds; then the files, where the word of a person has come by then, or comes later. */
  "told",
  /** A tool that never ends by itself, then the files. */
  "slow",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** Longer than any test waits. */
export const resetSeconds = 3_600;
export const loopRequests = 400;
export const floodBytes = 200_000_000;
/** In the command lines of what tools start. */
export const slowTool = "nightcrew-slow-tool";
/** What a person says to the agent that waits for it. */
export const word = "Make it now, as I say so.";
const toldSeconds = 5;
const serverSeconds = 7_322;

export interface Asked {
  readonly scenario: ScenarioName;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** The marks of a text; null where there are none. */
export function marksOf(text: string): Asked | null {
  const found = [...text.matchAll(/\{\{(do|write) ([^{}]*)\}\}/g)].map(([, kind, rest = ""]) => ({ kind, rest }));
  if (found.length === 0) return null;
  const name = found.find(({ kind }) => kind === "do")?.rest ?? "write";
  const scenario = scenarioNames.find((one) => one === name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  // A prompt may repeat its task's words.
  const writes = [...new Set(found.filter(({ kind }) => kind === "write").map(({ rest }) => rest))];
  const files = writes.map((rest) => {
    const [path = "", ...words] = rest.split(" ");
    return { path, text: `${words.join(" ")}\n` };
  });
  return { scenario, files };
}

/** Those of the newest message of the user that has some: a resumed session holds older ones too. */
export function marksIn({ messages }: MockedRequest): Asked | null {
  const asked = messages.filter(({ role }) => role === "user").map((message) => marksOf(textOf(message)));
  return asked.findLast((marks) => marks !== null) ?? null;
}

const usage = {
  input_tokens: 1200,
  output_tokens: 34,
  prompt_tokens: 1200,
  completion_tokens: 34,
  total_tokens: 1234,
  promptTokenCount: 1200,
  candidatesTokenCount: 34,
  totalTokenCount: 1234,
  // Only OpenRouter's form of an answer has it.
  cost: 0.0025,
};

export interface Turn {
  readonly request: MockedRequest;
  readonly asked: Asked;
  /** Tool results since the newest message of the user. */
  readonly results: number;
  /** In this session: more than `results` where an earlier turn of it had some. */
  readonly resultsInAll: number;
  /** True for the first who asks for these files, and never again. */
  first(): boolean;
}

export const done = "DONE: the files are written and all tests pass.";

/** Null: nothing is ever answered. */
export function answerTo(turn: Turn): MockedAnswer | null {
  const { asked, request, results } = turn;
  if (!canAct(request)) return say(asked.scenario === "write" ? "Title" : done);
  switch (asked.scenario) {
    case "write":
      return written(turn, 0);
    case "talk":
      return say("I looked at it: nothing has to be changed.");
    case "lie":
      return say(done);
    case "status-400":
    case "status-401":
    case "status-429":
    case "status-500":
    case "status-529":
      return refused(Number(asked.scenario.slice(-3)));
    case "limited":
      return refused(429, limitText(request.model));
    case "hang-once":
      if (turn.resultsInAll > results) return written(turn, 0);
      if (results === 0) return run(request, "echo begun");
      return turn.first() ? null : written(turn, 1);
    case "hang":
      return null;
    case "hang-later":
      return results === 0 ? run(request, "echo begun") : null;
    case "loop":
      return results < loopRequests ? run(request, "echo again") : say(done);
    case "flood":
      return results === 0 ? run(request, `yes 0123456789abcdef | head -c ${floodBytes}`) : written(turn, 1);
    case "server":
      return results === 0
        ? run(request, `setsid sleep ${serverSeconds} >/dev/null 2>&1 </dev/null & echo begun`)
        : written(turn, 1);
    case "ask":
      return results === 0
        ? run(request, `touch ${asked.files[0]?.text.trim()}`)
        : say("It was not allowed, so I left it.");
    case "denied": {
      if (shellOf(request) === undefined) return written(turn, 0);
      return results === 0 ? run(request, 'touch "$HOME/reached" && echo yes > by-command.txt') : written(turn, 1);
    }
    case "told": {
      if (turn.resultsInAll === 0) return run(request, `env sh -c 'sleep ${toldSeconds}' ${slowTool}`);
      // In the middle of its work, or as a turn of its own.
      const before = turn.resultsInAll > results ? 0 : 1;
      return JSON.stringify(request.messages).includes(word) ? written(turn, before) : say("Nobody said a word.");
    }
    case "slow":
      // Gemini takes `sh -c` off where a command begins with it, and runs what is left, which is none.
      return results === 0 ? run(request, `env sh -c 'while :; do sleep 1; done' ${slowTool}`) : written(turn, 1);
  }
}

function say(content: string): MockedAnswer {
  return { content, usage };
}

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function refused(status: number, message = `scripted answer ${status}`): MockedAnswer {
  const error = { message, type: errorTypes[status] ?? "api_error" };
  return status === 429 ? { error, status, retryAfter: 1 } : { error, status };
}

/** In the words of the providers; the headers say it too. */
function limitText(model: string): string {
  return model.startsWith("claude")
    ? `Claude AI usage limit reached|${Math.floor(Date.now() / 1000) + resetSeconds}`
    : `Rate limit reached for ${model}. Please try again in ${resetSeconds}s.`;
}

/** The next file that is not written yet; `before`: results that were of other tools. */
function written({ asked, request, results }: Turn, before: number): MockedAnswer {
  if (isAider(request)) return say(`${asked.files.map((file) => blockFor(request, file)).join("\n")}\n${done}`);
  const file = asked.files[results - before];
  if (file === undefined) return say(done);
  const tool = (request.tools ?? []).find(({ function: { name } }) => name in writers);
  const writer = tool === undefined ? undefined : writers[tool.function.name];
  if (tool === undefined || writer === undefined) return run(request, shellWrite(file.path, file.text));
  const path = `${workspaceOf(request)}/${file.path}`;
  return call(tool.function.name, writer({ path, name: file.path, text: file.text, tool }));
}

interface Wanted {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly tool: MockedTool;
}

function has(tool: MockedTool, name: string): boolean {
  return tool.function.parameters?.properties?.[name] !== undefined;
}

/** Tools of agents that write a whole file. Gemini's parameters are not handed on by the mock: its names are the default. */
const writers: Readonly<Record<string, (wanted: Wanted) => Record<string, unknown>>> = {
  Write: ({ path, text }) => ({ file_path: path, content: text }),
  write_file: ({ path, text, tool }) =>
    has(tool, "path") ? { path, content: text } : { file_path: path, content: text },
  write: ({ path, name, text, tool }) =>
    has(tool, "filePath") ? { filePath: path, content: text } : { path: name, content: text },
};

const shells: Readonly<Record<string, (line: string) => Record<string, unknown>>> = {
  Bash: (command) => ({ command, description: "run", timeout: 600_000 }),
  bash: (command) => ({ command, description: "run" }),
  run_shell_command: (command) => ({ command, description: "run", is_background: false }),
  exec_command: (cmd) => ({ cmd, yield_time_ms: 60_000 }),
  shell_command: (command) => ({ command }),
  shell: (line) => ({ command: ["sh", "-c", line] }),
  execute: (command) => ({ command }),
};

function shellOf(request: MockedRequest): string | undefined {
  return (request.tools ?? []).map((tool) => tool.function.name).find((one) => one in shells);
}

function run(request: MockedRequest, line: string): MockedAnswer {
  const name = shellOf(request);
  const shell = name === undefined ? undefined : shells[name];
  if (name === undefined || shell === undefined) return say(`There is no shell, so I could not run: ${line}`);
  return call(name, shell(line));
}

function call(name: string, args: Record<string, unknown>): MockedAnswer {
  return { content: "I will do it.", toolCalls: [{ name, arguments: JSON.stringify(args) }], usage };
}

function shellWrite(path: string, text: string): string {
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  return `printf %s ${quoted(text)} > ${quoted(path)}`;
}

const place = /(?<!temporary )(?:director(?:y|ies)|cwd|workspace)[^/]{0,80}?(\/[^\s"'<>`,)]+)/gi;

/** Agents tell the model where they are, each in its own words, among examples: it is the first folder that is there. */
export function workspaceOf({ messages }: MockedRequest): string {
  const text = messages
    .filter(({ role }) => role !== "tool")
    .map(textOf)
    .join("\n");
  const found = [...text.matchAll(place)].map(([, path = ""]) => path.replace(/[./:]+$/, ""));
  return found.find((path) => path !== "" && !path.startsWith("/usr") && isFolder(path)) ?? ".";
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Requests for titles and summaries have no tools; Aider has none either, it reads what the model says. */
function canAct(request: MockedRequest): boolean {
  return (request.tools ?? []).length > 0 || isAider(request);
}

function isAider({ messages, tools = [] }: MockedRequest): boolean {
  return tools.length === 0 && messages.some((message) => /SEARCH\/REPLACE|\*file listing\*/.test(textOf(message)));
}

function blockFor(request: MockedRequest, { path, text }: Asked["files"][number]): string {
  const bySearch = request.messages.some((message) => textOf(message).includes("SEARCH/REPLACE"));
  const content = bySearch ? `<<<<<<< SEARCH\n=======\n${text}>>>>>>> REPLACE\n` : text;
  return `${path}\n\`\`\`\n${content}\`\`\`\n`;
}
