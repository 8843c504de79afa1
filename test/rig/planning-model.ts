import { LLMock, type ChatCompletionRequest } from "@copilotkit/aimock";

/** What the scripted model says to one question, in the form of whichever protocol it was asked by. */
export type ModelSays =
  | {
      readonly content: string;
      readonly finishReason?: string;
      readonly usage?: Readonly<Record<string, number>>;
    }
  | { readonly tool: object; readonly finishReason?: string; readonly usage?: Readonly<Record<string, number>> }
  | { readonly error: { readonly message: string }; readonly status: number; readonly retryAfter?: number };

export interface PlanningModel {
  readonly url: string;
  /** All that it was asked, oldest first. */
  readonly asked: readonly ChatCompletionRequest[];
  close(): Promise<void>;
}

/** A scripted model on loopback that speaks OpenAI's and Anthropic's protocol. */
export async function startPlanningModel(
  script: (request: ChatCompletionRequest, turn: number) => ModelSays,
): Promise<PlanningModel> {
  const asked: ChatCompletionRequest[] = [];
  const mock = new LLMock({ host: "127.0.0.1", port: 0, logLevel: "silent" });
  mock.on({ predicate: () => true }, (request: ChatCompletionRequest) => {
    asked.push(request);
    const says = script(request, asked.length);
    if (!("tool" in says)) return says;
    const { tool, ...rest } = says;
    const name = request.tools?.[0]?.function.name ?? "none";
    return { ...rest, toolCalls: [{ name, arguments: JSON.stringify(tool) }] };
  });
  const url = await mock.start();
  return { url, asked, close: () => mock.stop() };
}

/** The text of the last question. */
export function questionOf({ messages }: ChatCompletionRequest): string {
  const content = messages.at(-1)?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
