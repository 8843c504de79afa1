import { createRequire } from "node:module";
import { join } from "node:path";

/** What is used of `@copilotkit/aimock`, which is installed beside the agents and not here. */
export interface MockedRequest {
  readonly model: string;
  readonly messages: readonly MockedMessage[];
  readonly tools?: readonly MockedTool[];
}

export interface MockedMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string | readonly { readonly text?: string }[] | null;
}

export interface MockedTool {
  readonly function: {
    readonly name: string;
    readonly parameters?: { readonly properties?: Readonly<Record<string, unknown>> };
  };
}

export type MockedAnswer =
  | {
      readonly content?: string;
      readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
      readonly usage?: Readonly<Record<string, number>>;
    }
  | {
      readonly error: { readonly message: string; readonly type: string };
      readonly status: number;
      readonly retryAfter?: number;
    };

export interface Mock {
  on(match: { readonly predicate: () => boolean }, answer: (request: MockedRequest) => Promise<MockedAnswer>): unknown;
  start(): Promise<string>;
  stop(): Promise<void>;
}

export interface MockOptions {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
}

export function openMock(clis: string, options: MockOptions): Mock {
  const load = createRequire(join(clis, "aimock", "package.json"));
  const { LLMock } = load("@copilotkit/aimock") as { LLMock: new (options: MockOptions) => Mock };
  return new LLMock(options);
}

export function textOf({ content }: MockedMessage): string {
  if (content === null || typeof content === "string") return content ?? "";
  return content.map(({ text }) => text ?? "").join("\n");
}
