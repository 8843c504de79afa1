import type { Environment } from "../../domain/environment.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { isLoopback } from "./github-client.ts";

/** Where GitHub's API is: `GITHUB_API_URL`, else GitHub's own. A token goes nowhere in the clear. */
export function apiUrl({ GITHUB_API_URL: stated = "" }: Environment): string {
  const text = stated === "" ? "https://api.github.com" : stated.replace(/\/+$/, "");
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && `${url.username}${url.password}${url.search}${url.hash}` === "";
  if (plain && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url)))) return text;
  throw new OperationalError({
    code: "bad-api-url",
    what: "GITHUB_API_URL is no address that a token may be sent to",
    why: "it has to begin with https://, and name no user, no query and nothing behind #",
    next: "correct it, or unset it for github.com",
  });
}
