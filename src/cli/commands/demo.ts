import type { Context, ExitCode } from "../context.ts";
export function demo(_context: Context): Promise<ExitCode> {
  return Promise.resolve(0);
}
