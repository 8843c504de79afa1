/** Names of leases: of things that only one may use at a time, such as a database. */
export const leaseName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const leaseNameText = "letters, digits, dashes and underscores only, at most 64";

/** A living holder that gave no sign of life for so long is not one any more. It gives one every `leaseBeatMs`. */
export const leaseStaleMs = 60 * 60_000;
export const leaseBeatMs = 60_000;

/** For whom a lease is held. All null: a person's command. */
export interface LeaseUse {
  readonly run: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  readonly agent: string | null;
  /** What is done under it, in one line. */
  readonly what: string;
}

/** Tells who holds leases of their fencing tokens, as `NAME=TOKEN` with commas. */
export function leasesEnvironment(
  leases: readonly { readonly name: string; readonly token: number }[],
): Record<string, string> {
  if (leases.length === 0) return {};
  return { NIGHTCREW_LEASES: leases.map(({ name, token }) => `${name}=${token}`).join(",") };
}
