import { messageOf, OperationalError } from "../../std/operational-error.ts";

export function homeUnusable(folder: string, cause: unknown): OperationalError {
  return new OperationalError({
    code: "home-unusable",
    what: `Nothing can be written in ${folder}`,
    why: messageOf(cause),
    next: "choose another place: NIGHTCREW_HOME=DIR",
    cause,
  });
}
