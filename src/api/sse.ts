/** The part of server-sent events (WHATWG HTML, 9.2) that the daemon's feeds use: `id`, `event`, `data` of one line each. */
export interface SseMessage {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export function sseText({ id, event, data }: Partial<SseMessage>): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}\n`]),
    ...(event === undefined ? [] : [`event: ${event}\n`]),
    ...(data === undefined ? [] : [`data: ${data}\n`]),
  ];
  return `${lines.join("")}\n`;
}

/** A comment: keeps a connection from looking dead. */
export const sseAlive = ": alive\n\n";

/** Puts messages together from the lines of a feed; comments are passed over. */
export class SseReader {
  private message = { id: "", event: "message", data: "" };

  /** The message that the line ends, else null. */
  readLine(line: string): SseMessage | null {
    if (line === "") {
      const { message } = this;
      this.message = { id: "", event: "message", data: "" };
      return message.data === "" ? null : message;
    }
    const [, field = "", value = ""] = /^([^:]+): ?(.*)$/s.exec(line) ?? [];
    if (field === "id" || field === "event" || field === "data") this.message[field] = value;
    return null;
  }
}
