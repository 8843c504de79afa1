import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";

/** Exit code 1 where the program did not take the test, 2 where it cannot be run. */
export async function alert(
  context: Context,
  _args: readonly string[],
  { test = false, json }: JsonOption & { readonly test?: boolean },
): Promise<ExitCode> {
  const { output } = context;
  const view = await askDaemon(context, "alert", { test });
  const code = view.problem !== null ? 2 : view.test?.problem != null ? 1 : 0;
  if (json === true) {
    output.line(JSON.stringify(view));
    return code;
  }
  output.line(view.program === null ? "no program is told of alerts" : `alerts go to ${view.program}`);
  if (view.problem !== null) output.line(`it is not run: ${view.problem}`);
  if (view.next !== null) output.line(`next: ${view.next}`);
  if (view.test !== null)
    output.line(view.test.problem === null ? "it took the test" : `it did not take the test: ${view.test.problem}`);
  return code;
}
