import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** `$NIGHTCREW_HOME`, else `nightcrew` in the XDG state directory (XDG Base Directory Specification). */
export function homeFolder(env: NodeJS.ProcessEnv): string {
  const stated = env["NIGHTCREW_HOME"];
  if (stated !== undefined && stated !== "") return resolve(stated);
  const state = env["XDG_STATE_HOME"];
  const base = state !== undefined && isAbsolute(state) ? state : join(env["HOME"] ?? homedir(), ".local", "state");
  return join(base, "nightcrew");
}
