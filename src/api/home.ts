import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { OperationalError } from "../std/operational-error.ts";

/** Where everything of one user's nightcrew is, and where its daemon is reached. */
export interface Home {
  readonly folder: string;
  readonly socket: string;
  readonly log: string;
}

/** In the home: what a person said of sandboxes, one word (see `SandboxChoice`). */
export const sandboxFileName = "sandbox";

/** Bytes of `sun_path` without its final NUL: unix(7), and sys/un.h of the BSDs. */
const longestSocketPath = process.platform === "linux" ? 107 : 103;

/** `$NIGHTCREW_HOME`, else `nightcrew` in the XDG state directory. Throws where no socket could be made in it. */
export function findHome(env: NodeJS.ProcessEnv): Home {
  const folder = homeFolder(env);
  const socket = join(folder, "daemon.sock");
  const length = Buffer.byteLength(socket);
  if (length > longestSocketPath) {
    throw new OperationalError({
      code: "home-path-too-long",
      what: `The path of the home is too long for a socket in it: ${folder}`,
      why: `${socket} has ${length} bytes; the system takes at most ${longestSocketPath}`,
      next: "choose a shorter one: NIGHTCREW_HOME=DIR",
    });
  }
  return { folder, socket, log: join(folder, "daemon.log") };
}

/** XDG Base Directory Specification: a relative `XDG_STATE_HOME` is to be ignored. */
function homeFolder(env: NodeJS.ProcessEnv): string {
  const stated = env["NIGHTCREW_HOME"];
  if (stated !== undefined && stated !== "") return resolve(stated);
  const state = env["XDG_STATE_HOME"];
  const base = state !== undefined && isAbsolute(state) ? state : join(env["HOME"] ?? homedir(), ".local", "state");
  return join(base, "nightcrew");
}
