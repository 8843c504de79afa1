import { StringDecoder } from "node:string_decoder";
import { noUsage, type Usage } from "../../domain/attempt-state.ts";
import { LineSplitter, parseJsonObject } from "../../std/json-lines.ts";
import { singleLine } from "../../std/text.ts";

export type AgentReport =
  | { readonly type: "progress"; readonly percent: number | null; readonly message: string }
  | { readonly type: "message"; readonly text: string };

const maxLine = 64 * 1024;

/**
 * Reads what a command agent says on stdout: JSON lines of `type` progress, usage or message. Everything else is only
 * log. Nothing in it is believed: it is shown, and usage is added up.
 */
export class CommandOutput {
  usage: Usage = noUsage;
  /** The last message. */
  claim: string | null = null;
  private readonly decoder = new StringDecoder("utf8");
  private readonly lines: LineSplitter;
  private readonly onReport: (report: AgentReport) => void;

  constructor(onReport: (report: AgentReport) => void) {
    this.onReport = onReport;
    this.lines = new LineSplitter((line, truncated) => {
      if (!truncated) this.readLine(line);
    }, maxLine);
  }

  push(chunk: Buffer): void {
    this.lines.push(this.decoder.write(chunk));
  }

  end(): void {
    this.lines.push(this.decoder.end());
    this.lines.end();
  }

  /** Also for messages left in the outbox. */
  readLine(line: string): void {
    const object = parseJsonObject(line);
    if (object === null) return;
    if (object["type"] === "progress") this.readProgress(object);
    else if (object["type"] === "message") this.readMessage(object);
    else if (object["type"] === "usage") this.usage = addUsage(this.usage, object);
  }

  private readProgress(object: Record<string, unknown>): void {
    const percent =
      typeof object["percent"] === "number" && Number.isFinite(object["percent"]) ? object["percent"] : null;
    const message = singleLine(textOf(object["message"]) ?? "");
    this.onReport({
      type: "progress",
      percent: percent === null ? null : Math.min(100, Math.max(0, percent)),
      message,
    });
  }

  private readMessage(object: Record<string, unknown>): void {
    const text = singleLine(textOf(object["text"]) ?? textOf(object["message"]) ?? "", 500);
    if (text === "") return;
    this.claim = text;
    this.onReport({ type: "message", text });
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Amounts are those since the line before. What is not a number from 0 up says nothing. */
function addUsage(usage: Usage, object: Record<string, unknown>): Usage {
  const add = (sum: number | null, value: unknown): number | null =>
    typeof value === "number" && Number.isFinite(value) && value >= 0 ? (sum ?? 0) + value : sum;
  const currency = textOf(object["currency"]);
  return {
    inputTokens: add(usage.inputTokens, object["input_tokens"]),
    outputTokens: add(usage.outputTokens, object["output_tokens"]),
    cost: add(usage.cost, object["cost"]),
    currency: currency === null ? usage.currency : singleLine(currency, 8),
  };
}
