import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Guard } from "../api/app.ts";
import { readIfThere } from "../adapters/files/read-if-there.ts";
import { replaceFile } from "../adapters/files/replace-file.ts";
import { OperationalError } from "../std/operational-error.ts";
import { isLoopback } from "./tcp-place.ts";

/** On the unix socket the file's mode says who may come; a browser has no business there. */
export const guardSocket: Guard = (header) => {
  if (header("origin") !== undefined) throw foreignOrigin();
};

/** On TCP every local user and every page in a browser could come: the host must be this machine's, the token known. */
export function guardTcp(token: string): Guard {
  return (header) => {
    const host = header("host") ?? "";
    if (!isLoopback(host.replace(/:\d+$/, ""))) {
      throw new OperationalError({ code: "foreign-host", what: `This is not ${host}`, next: "ask 127.0.0.1" });
    }
    const origin = header("origin");
    if (origin !== undefined && origin !== `http://${host}`) throw foreignOrigin();
    if (!same(header("authorization") ?? "", `Bearer ${token}`)) {
      throw new OperationalError({
        code: "no-token",
        what: "The token is missing or wrong",
        next: "send it: Authorization: Bearer TOKEN; it is in the file `token` of the home",
      });
    }
  };
}

/** Made when it is first needed. */
export async function readToken(home: string): Promise<string> {
  const file = join(home, "token");
  const token = (await readIfThere(file))?.trim() ?? "";
  if (token !== "") return token;
  const fresh = randomBytes(32).toString("hex");
  await replaceFile(file, `${fresh}\n`);
  return fresh;
}

/** In a time that tells nothing of where they differ. */
function same(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function foreignOrigin(): OperationalError {
  return new OperationalError({
    code: "foreign-origin",
    what: "Requests of web pages are refused",
    why: "the request has an Origin header",
  });
}
