import type { Foreseen } from "../foreseen.ts";
import { listText } from "./failure-text.ts";

/** What goes on in an attempt, for people. */
export function foreseenText({ paths, since }: Foreseen, target = "the target"): string {
  return `conflicts with ${target} in ${listText(paths)} since ${since.slice(0, 10)}`;
}

/** To the agent itself, which may hear it only when it has come to an end. Its own git has the objects of the commit. */
export function foreseenMessage({ paths, tip }: Foreseen): string {
  const [first = ""] = paths;
  return `While you worked, something else has landed that changed the same lines as you in ${listText(paths)}. As it is, your work cannot
be merged, and would have to be done again. \`git show ${tip}:${first}\` shows what is there now. Where you can, have your change keep
clear of those lines, or make them what they are there and put yours beside them. Do not merge or rebase: that is done for you.`;
}
