import type { Foreseen } from "../src/domain/foreseen.ts";
import type { Desk } from "./commands.ts";
import { hotPaths, maxSources } from "./world/world.ts";

/** Somebody looked at what an attempt has changed by now, and saw a conflict or none; it may be over by the time that this is told. */
export function foresee({ decider, random }: Pick<Desk, "decider" | "random">): string | null {
  const runs = decider.store.runs(maxSources).filter(({ settings }) => settings.predict !== "off");
  if (runs.length === 0) return null;
  const { id: run } = random.pick(runs);
  const attempts = decider.store.attempts(run);
  if (attempts.length === 0) return null;
  const { task, id: attempt } = random.pick(attempts.slice(-4));
  const foreseen: Foreseen | null = random.chance(0.3)
    ? null
    : { paths: random.some(hotPaths, 0.5), tip: "a tip", since: "a landing" };
  decider.submit({ type: "attempt.foreseen", run, task, attempt, foreseen });
  return `${attempt} is looked at`;
}
