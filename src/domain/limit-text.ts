import { stripAnsi } from "../std/text.ts";
import { clockTimeIn, instantIn } from "./limit-text/clock-time.ts";

/** Longer waits are no quota's: such a time was misread, or is not worth waiting for. */
const farthestMs = 8 * 24 * 3_600_000;
/** The message stands at the beginning of an error; what follows is a trace. */
const maxLength = 8_000;

/**
 * Whether an agent or its provider says that a rate limit or quota is reached, and when that ends: milliseconds since the epoch,
 * null where it is not told. A clock time without a date is the next such time after `now`; `zone` is the time zone of the
 * machine, for times without one.
 *
 * The rule against text that merely talks of limits: this is asked about errors only (an error event, the message that ended an
 * agent, lines of its standard error), never about what a model or a tool said; and a limit must be said to be reached, a bare
 * `rate limit` is not enough.
 */
export function limitIn(text: string, now: number, zone = "UTC"): { resetsAt: number | null } | null {
  const line = stripAnsi(text.slice(0, maxLength * 2))
    .slice(0, maxLength)
    .replace(/\s+/g, " ");
  if (warnings.test(line) || !(said.some((rule) => rule.test(line)) || waits(line))) return null;
  const resetsAt = epochIn(line) ?? isoTimeIn(line) ?? waitIn(line, now) ?? clockTimeIn(line, now, zone);
  return { resetsAt: resetsAt !== null && Math.abs(resetsAt - now) <= farthestMs ? Math.round(resetsAt) : null };
}

const warnings = /\b(?:approaching|nearing|close to) (?:your |the )?[\w -]{0,40}limit/i;

// What is limited. Limits of context, turns, depth, size or time are none of a provider's account.
const what =
  "(?:usage|rate|session|weekly|daily|monthly|hourly|5-hour|\\d+[- ]hour|opus|sonnet|haiku|fable|spend|spending|credit|message|" +
  "request|quota|api|account|plan|tokens? per (?:minute|day))";

const said: readonly RegExp[] = [
  new RegExp(
    `\\b${what}s? (?:usage |request |message |rate )?limits? (?:has been |have been |was |is )?(?:reached|exceeded|hit)\\b`,
    "i",
  ),
  new RegExp(
    `\\b(?:hit|reached|exceeded|exhausted|exceed) (?:your|the|its|our|an?)(?: [\\w'-]{1,24}){0,3} ${what} limits?\\b`,
    "i",
  ),
  /\b(?:you've|you have|you\u2019ve) (?:hit|reached) your (?:[\w-]{1,24} )?limit\b/i,
  // `Claude AI usage limit reached|1718900000`
  /\busage limit reached\b|\busage_limit_reached\b|\blimit reached\W{1,4}resets?\b/i,
  /\brate[_ -]?limit[_ -]?(?:exceeded|reached|error|hit)\b|rateLimitExceeded|RATE_LIMIT_EXCEEDED/i,
  /\brate[ -]limited\b|\brate_limited\b/i,
  /\bRESOURCE_EXHAUSTED\b|\bresource (?:has been )?exhausted\b/i,
  /\bquota (?:has been |was |is )?(?:exceeded|exhausted|reached)\b|\binsufficient_quota\b|\bquotaResetTimeStamp\b/i,
  /\b(?:exceeded|exhausted) (?:your|the|its) (?:[\w'-]{1,24} ){0,2}(?:quota|capacity)\b/i,
  /\btoo many requests\b/i,
  /\b(?:status|status code|error code|http(?: error)?|code|error)["']?[:= ]{1,3}429\b/i,
];

/** Told to wait for so long, without a word on why: it is the same. Servers that are overloaded or broken say so. */
function waits(line: string): boolean {
  if (/\boverloaded|\b5\d\d\b/i.test(line)) return false;
  return /^\W{0,8}(?:[\w ]{0,24}[:.] )?(?:retry-after(?:-ms)?\s?[:=]|(?:please )?(?:retry|try again) in \d)/i.test(
    line,
  );
}

/** Seconds or milliseconds since the epoch. */
function epochIn(line: string): number | null {
  const match =
    /\blimit reached ?\| ?(\d{10}|\d{13})\b/i.exec(line) ??
    /\b(?:resets?_?at|reset_?time|reset|[\w-]{0,40}ratelimit[\w-]{0,30}-reset)["']?\s?[:=]\s?["']?(\d{10}|\d{13})\b/i.exec(
      line,
    );
  return match === null ? null : Number(match[1]) * (match[1]?.length === 10 ? 1_000 : 1);
}

/** `2026-11-21T15:00:00Z` behind a word that says what happens then; Gemini's `quotaResetTimeStamp` too. */
function isoTimeIn(line: string): number | null {
  const match =
    /(?:reset|again|until|available|retry|after)[\w ."':=-]{0,40}?(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?([+-]\d{2}:?\d{2}|[A-Z]{1,4}\b)?/i.exec(
      line,
    ) ?? /\bretry-after\s?[:=]\s?(\w{3}, \d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2}) (GMT)/i.exec(line);
  if (match === null) return null;
  const zone = match[2] ?? "Z";
  const time = (match[1] ?? "").replace(/^(\S{10}) /, "$1T");
  const isOffset = /^[+-]/.test(zone);
  const parsed = Date.parse(/^\d/.test(time) ? time + (isOffset ? zone : "Z") : `${time} GMT`);
  if (Number.isNaN(parsed)) return null;
  // A word behind it that names no zone is not about the time.
  return isOffset ? parsed : (instantIn(parsed, zone) ?? parsed);
}

const unitMs: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const unit = "(?:milliseconds?|msecs?|ms|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[wdhms])";
const part = `\\d{1,9}(?:\\.\\d{1,12})? ?${unit}(?![a-z])`;
const duration = `(${part}(?:(?:,| and|, and)? ?${part}){0,4})`;

// In seconds where no unit stands there.
const seconds =
  /\b(?:(?:retry[-_]after|resets?_in_seconds|reset_?after_?seconds)["']?\s?[:=]\s?["']?|retry after )(\d{1,9}(?:\.\d{1,6})?)(?![\d-]| ?[a-z])/i;
const milliseconds = /\b(?:retry[-_]after[-_]ms|retryAfterMs)["']?\s?[:=]\s?["']?(\d{1,12}(?:\.\d{1,6})?)\b/i;
const spelled = new RegExp(
  `\\b(?:try again|retry|retrydelay|quotaresetdelay|wait|resets?(?:-requests|-tokens)?|available(?: again)?|retry-after)["']?(?: ?[:=] ?["']?| (?:in |after |for |another |only )?)(?:about |approximately |~ ?)?${duration}`,
  "i",
);

/** `try again in 3 hours 20 minutes`, `Please retry in 34.07s`, `reset after 8h44m7s`, `retry-after: 120`. */
function waitIn(line: string, now: number): number | null {
  const inMs = milliseconds.exec(line);
  if (inMs !== null) return now + Number(inMs[1]);
  const inSeconds = seconds.exec(line);
  if (inSeconds !== null) return now + Number(inSeconds[1]) * 1_000;
  const parts = spelled.exec(line)?.[1];
  if (parts === undefined) return null;
  const sum = [...parts.matchAll(/(\d{1,9}(?:\.\d{1,12})?) ?(ms|milli|msec|[wdhms])/gi)].reduce(
    (total, [, amount, name]) => {
      const key = /^m(?:s|illi|sec)/i.test(name ?? "") ? "ms" : (name ?? "").toLowerCase();
      return total + Number(amount) * (unitMs[key] ?? 0);
    },
    0,
  );
  return now + sum;
}
