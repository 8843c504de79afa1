export interface Options {
  /** The first one. */
  readonly seed: number;
  /** How many, one after the other. */
  readonly seeds: number;
  readonly steps: number;
  readonly verbose: boolean;
  /** Each seed is played twice, and must go the same way. */
  readonly twice: boolean;
}

export const usage = "npm run -s sim -- [--seed N] [--seeds K] [--steps M] [--verbose] [--twice]";

const defaults: Options = { seed: 1, seeds: 1, steps: 500, verbose: false, twice: false };

export type Parsed =
  { readonly ok: true; readonly options: Options } | { readonly ok: false; readonly problem: string };

export function parseOptions(args: readonly string[]): Parsed {
  const options: Record<string, number | boolean> = { ...defaults };
  for (let place = 0; place < args.length; place++) {
    const arg = args[place] ?? "";
    const name = arg.replace(/^--/, "");
    if (!arg.startsWith("--") || !Object.hasOwn(defaults, name)) return problem(`unknown option ${arg}`);
    if (typeof options[name] === "boolean") {
      options[name] = true;
      continue;
    }
    const value = args[++place] ?? "";
    if (!/^\d+$/.test(value)) return problem(`${arg} needs a whole number, not "${value}"`);
    options[name] = Number(value);
  }
  return { ok: true, options: options as unknown as Options };
}

function problem(text: string): Parsed {
  return { ok: false, problem: text };
}
