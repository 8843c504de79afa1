import { parseOptions, usage, type Options } from "./options.ts";
import { simulate, type Failure } from "./simulation.ts";
import { failureText, summary } from "./tell.ts";
import { Trace } from "./trace.ts";

/** Plays seeds one after the other and tells of each in a line; nothing of it depends on this machine or this moment. */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args);
  if (!parsed.ok) {
    console.error(`error: ${parsed.problem}\n  next: ${usage}`);
    return 2;
  }
  const { options } = parsed;
  let failures = 0;
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    if (!(await play(seed, options))) failures++;
  }
  console.log(`${options.seeds} ${options.seeds === 1 ? "seed" : "seeds"}, ${failures} failures`);
  return failures === 0 ? 0 : 1;
}

/** False where it failed. */
async function play(seed: number, options: Options): Promise<boolean> {
  const trace = new Trace((line) => {
    if (options.verbose) console.log(line);
  });
  const outcome = await simulate(seed, options.steps, trace);
  const failure = outcome.failure ?? (options.twice ? await playedAgain(seed, options, trace) : null);
  console.log(`seed ${seed}: ${summary(outcome)}, digest ${trace.digest()} … ${failure === null ? "ok" : "FAILED"}`);
  if (failure === null) return true;
  console.log(failureText(failure, trace.tail(), { seed, steps: options.steps }));
  return false;
}

async function playedAgain(seed: number, { steps }: Options, first: Trace): Promise<Failure | null> {
  const again = new Trace(() => undefined);
  const outcome = await simulate(seed, steps, again);
  const [was, is] = [first.digest(), again.digest()];
  if (was === is) return null;
  return { step: outcome.steps, invariant: "a seed goes the same way each time", what: `${was}, then ${is}` };
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 70;
  },
);
