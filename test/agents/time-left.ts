/** The box is ended at a time; what cannot be done by then is better not begun. */
const needsMs = 60_000;

/** Why nothing more is begun; null while there is time. */
export function noTimeLeft(): string | null {
  const until = Number(process.env["NIGHTCREW_BOX_UNTIL"] ?? Infinity);
  return Date.now() + needsMs < until ? null : "no time was left";
}
