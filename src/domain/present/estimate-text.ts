import { plural } from "../../std/text.ts";
import type { EstimateBasis, PlanEstimate, TaskEstimate } from "../estimate.ts";
import { usdText } from "./failure-text.ts";

/** Rounded as an estimate should be. */
export function minutesText(minutes: number): string {
  if (minutes < 1) return "under 1 min";
  const whole = Math.round(minutes);
  return whole < 60 ? `${whole} min` : `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")} min`;
}

/** A guess is marked as one. */
export function taskEstimateText({ minutes, basis }: TaskEstimate): string {
  if (basis === "guess") return `${minutesText(minutes)}?`;
  return minutes < 1 ? minutesText(minutes) : `~${minutesText(minutes)}`;
}

export function timeEstimateText(
  { elapsedMinutes, workMinutes, criticalMinutes }: PlanEstimate,
  workers: number,
): string {
  return `${elapsedMinutes < 1 ? "" : "about "}${minutesText(elapsedMinutes)} with ${plural(workers, "worker")}; ${minutesText(workMinutes)} of agents' work, ${minutesText(criticalMinutes)} on the critical path`;
}

const bases: Readonly<Record<EstimateBasis, string>> = {
  like: "as tasks like it took here",
  history: "as other tasks took here",
  stated: "as stated",
  guess: "guessed",
};

/** What it rests on, so that nobody takes a guess for more. */
export function basisText({ tasks }: PlanEstimate): string {
  const kinds = (Object.keys(bases) as EstimateBasis[]).flatMap((basis) => {
    const count = tasks.filter((task) => task.basis === basis).length;
    return count === 0 ? [] : [[count, bases[basis]] as const];
  });
  const [only] = kinds;
  if (kinds.length === 1 && only !== undefined) return `all ${only[1]}`;
  return kinds.map(([count, text]) => `${count} ${text}`).join(", ");
}

export function costEstimateText({ costUsd, withoutCost }: PlanEstimate): string {
  if (costUsd === null) return "unknown: no such task has told its cost here yet";
  const known = `about ${usdText(costUsd)}`;
  return withoutCost === 0 ? known : `${known}; of ${plural(withoutCost, "task")} nothing is known`;
}
