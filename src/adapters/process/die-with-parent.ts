import { existsSync } from "node:fs";

/** From util-linux; asks the kernel to kill what it becomes as soon as its parent is gone (PR_SET_PDEATHSIG). */
const setpriv = "/usr/bin/setpriv";

export function canDieWithParent(): boolean {
  return existsSync(setpriv);
}

/**
 * The command, such that it does not outlive this process where the platform can promise that. What it started itself is
 * found by the marker when somebody notices the loss.
 */
export function dyingWithParent(argv: readonly string[]): readonly string[] {
  return canDieWithParent() ? [setpriv, "--pdeathsig", "KILL", "--", ...argv] : argv;
}
