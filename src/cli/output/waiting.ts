import { fit } from "../../std/text.ts";
import type { Output } from "./terminal.ts";

/** Longer than this without a word looks like something that hangs. */
export const silentMs = 1_000;
/** ECMA-48: back to the line's beginning, and nothing behind it. */
const cleared = "\r\u001b[2K";

/** Says on a terminal, every second, that the daemon's answer is waited for; and takes that away again when it has come. */
export async function showingTheWait<T>(output: Output, asked: () => Promise<T>): Promise<T> {
  if (!output.interactive || !process.stderr.isTTY) return asked();
  const from = Date.now();
  let told = false;
  const tell = (): void => {
    const seconds = Math.round((Date.now() - from) / 1_000);
    process.stderr.write(`${cleared}${fit(`waiting for the daemon … ${seconds} s`, output.columns)}`);
    told = true;
  };
  const timer = setInterval(tell, silentMs);
  try {
    return await asked();
  } finally {
    clearInterval(timer);
    if (told) process.stderr.write(cleared);
  }
}
