/** The box is ended at a time, and with it the results: what could last until then is better not begun. Above the limit of a test. */
const needsMs = 130_000;

/** Why nothing more is begun; null while there is time. */
export function noTimeLeft(): string | null {
  const until = Number(process.env["NIGHTCREW_BOX_UNTIL"] ?? Infinity);
  return Date.now() + needsMs < until ? null : "no time was left";
}
