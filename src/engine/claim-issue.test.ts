import { expect, it } from "vitest";
import { aRun, aTask, anAttempt } from "../../test/rig/rows.ts";
import type { IssueClaim } from "../domain/input.ts";
import { perform } from "./perform.ts";
import type { Ports } from "./ports.ts";

type Claim = IssueClaim & { readonly again?: boolean };

const away: Claim = { kind: "failed", problem: "nobody answers", again: true };
const refused: Claim = { kind: "failed", problem: "not with this token", again: false };
const claimed: Claim = { kind: "claimed" };
const issue = { tracker: "seeds", place: "/r/.seeds", id: "r-1", url: null } as const;

/** Claims, with a tracker that answers in this order; tells when it was asked, and what came of it. */
async function claiming(answers: readonly Claim[], { stoppedAt = Infinity, closesAt = Infinity } = {}) {
  const asked: number[] = [];
  let time = 0;
  const attempt = anAttempt();
  const ports = {
    clock: {
      now: () => time,
      wait: (until: number) => {
        time = until;
        return Promise.resolve(until < closesAt);
      },
    },
    store: {
      attempt: () => ({ ...attempt, stopping: time >= stoppedAt ? { reason: "cancelled" } : null }),
      run: () => aRun(),
      task: () => ({ planned: aTask({ issue }) }),
    },
    trackers: {
      claim: () => {
        asked.push(time);
        return Promise.resolve(answers[asked.length - 1]);
      },
    },
  } as unknown as Ports;
  const effect = { kind: "claim-issue", id: "claim-issue:1", attempt: attempt.id } as const;
  const input = await perform(effect, ports, () => undefined);
  return { asked, outcome: input?.type === "issue.claimed" ? input.outcome : null };
}

it("is tried again where the tracker stumbles, and then gone without", async () => {
  expect(await claiming([away, claimed])).toEqual({ asked: [0, 2_000], outcome: { kind: "claimed" } });
  const { again: _, ...told } = away;
  expect(await claiming([away, away, away])).toEqual({ asked: [0, 2_000, 12_000], outcome: told });
});

it("is not tried again where it is refused, is not wanted any more, or the daemon leaves", async () => {
  expect((await claiming([refused])).asked).toEqual([0]);
  expect((await claiming([away, away], { stoppedAt: 1 })).asked).toEqual([0, 2_000]);
  expect(await claiming([away], { closesAt: 1 })).toEqual({ asked: [0], outcome: null });
});
