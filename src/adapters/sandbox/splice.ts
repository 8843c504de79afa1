import type { Socket } from "node:net";

/** A connection over which nothing goes for this long is given up; models think for minutes. */
export const idleMs = 30 * 60_000;

/** Hands on what comes from either to the other, until both have said all. One that breaks takes the other with it. */
export function splice(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setTimeout(idleMs, () => from.destroy());
    from.on("error", () => to.destroy());
    from.once("close", () => to.end());
    from.pipe(to);
  }
}
