const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const dayMs = 86_400_000;
/** A time that was so short ago is the one that was meant, not tomorrow's: it passed while the agent came to its end. */
const justPassedMs = 10 * 60_000;

const month = `(${months.join("|")})[a-z]{0,6}\\.?`;
const date = `(?:${month} (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?|(\\d{1,2})(?: de)? ${month}(?: de)? (\\d{4})|(tomorrow|today)|(${weekdays.join("|")})[a-z]{0,6})`;
const time = "(?:(\\d{1,2})(?::(\\d{2}))?(?::\\d{2})? ?([ap])\\.?m\\b\\.?|(\\d{1,2}):(\\d{2})\\b|(midnight|noon))";
const zoneName =
  "(?: ?\\(([A-Za-z_]{2,20}(?:\\/[A-Za-z_+0-9-]{1,30}){0,2})\\)| ?((?:UTC|GMT)(?:[+-]\\d{1,2}(?::?\\d{2})?)?|Z|[PMCE][SD]?T|Pacific|Eastern|CES?T|EES?T|BST|MSK|JST|KST|IST|HKT|SGT|AE[SD]T)\\b| ?([A-Z][a-z]{2,12}\\/[A-Z][A-Za-z_]{2,30}))?";
const lead = "\\b(?:resets?|reset|again|until|available)(?: will)?(?: (?:at|on|by|from))?:? ";

const pattern = new RegExp(`${lead}(?:(?:${date})(?:,| at|, at)?(?: ${time})?|${time})${zoneName}`, "i");

/** Groups of `pattern`, in its order. */
const group = { month: 1, day: 2, year: 3, dayFirst: 4, monthSecond: 5, yearLast: 6, relative: 7, weekday: 8 } as const;
const timeAfterDate = 9;
const timeAlone = 15;
const zoneGroup = 21;

/**
 * `resets 3pm`, `resets at 3:45 PM (Europe/Paris)`, `try again at Nov 21st, 2026 3:00 PM`, `resets Dec 2, 7pm`: milliseconds
 * since the epoch. Without a date it is the next such time; without a year the nearest such day; without a time the day's begin. One that has just
 * passed is given as it is.
 */
export function clockTimeIn(text: string, now: number, machineZone: string): number | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const at = clock(match, timeAfterDate) ?? clock(match, timeAlone) ?? { hour: 0, minute: 0 };
  if (at.hour > 23 || at.minute > 59) return null;
  const zone =
    known(match[zoneGroup] ?? offsetZone(match[zoneGroup + 1]) ?? match[zoneGroup + 2] ?? machineZone) ??
    known(machineZone) ??
    "UTC";
  const today = wallClock(now, zone);
  const onDay = (day: number): number => instant(day + at.hour * 3_600_000 + at.minute * 60_000, zone);
  const midnight = Math.floor(today / dayMs) * dayMs;
  const dated = dayOf(match, midnight, now, onDay);
  if (dated !== null) return dated;
  const next = onDay(midnight);
  return next > now - justPassedMs ? next : onDay(midnight + dayMs);
}

function clock(match: RegExpExecArray, from: number): { hour: number; minute: number } | null {
  const [hour12, minutes, half, hour24, minutes24, word] = match.slice(from, from + 6);
  if (hour12 !== undefined) {
    const hour = Number(hour12);
    if (hour < 1 || hour > 12) return { hour: 24, minute: 0 };
    return { hour: (hour % 12) + (half?.toLowerCase() === "p" ? 12 : 0), minute: Number(minutes ?? 0) };
  }
  if (hour24 !== undefined) return { hour: Number(hour24), minute: Number(minutes24) };
  return word === undefined ? null : { hour: word.toLowerCase() === "noon" ? 12 : 0, minute: 0 };
}

/** The named day's time; null where none was named. `midnight` begins today, as the wall clock counts. */
function dayOf(match: RegExpExecArray, midnight: number, now: number, onDay: (day: number) => number): number | null {
  const relative = match[group.relative]?.toLowerCase();
  if (relative !== undefined) return onDay(relative === "today" ? midnight : midnight + dayMs);
  const weekday = match[group.weekday]?.toLowerCase();
  if (weekday !== undefined) {
    const ahead = (weekdays.indexOf(weekday) - new Date(midnight).getUTCDay() + 7) % 7;
    const day = onDay(midnight + ahead * dayMs);
    return day > now ? day : onDay(midnight + (ahead + 7) * dayMs);
  }
  const name = match[group.month] ?? match[group.monthSecond];
  if (name === undefined) return null;
  const index = months.indexOf(name.toLowerCase());
  const day = Number(match[group.day] ?? match[group.dayFirst]);
  const year = match[group.year] ?? match[group.yearLast];
  if (year !== undefined) return onDay(Date.UTC(Number(year), index, day));
  const thisYear = new Date(midnight).getUTCFullYear();
  const distance = (time: number): number => Math.abs(time - now);
  return [thisYear - 1, thisYear, thisYear + 1]
    .map((candidate) => onDay(Date.UTC(candidate, index, day)))
    .reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

const abbreviations: Readonly<Record<string, string>> = {
  Z: "UTC",
  UTC: "UTC",
  GMT: "UTC",
  PT: "America/Los_Angeles",
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  PACIFIC: "America/Los_Angeles",
  MT: "America/Denver",
  MST: "America/Denver",
  MDT: "America/Denver",
  CT: "America/Chicago",
  CST: "America/Chicago",
  CDT: "America/Chicago",
  ET: "America/New_York",
  EST: "America/New_York",
  EDT: "America/New_York",
  EASTERN: "America/New_York",
  CET: "Europe/Paris",
  CEST: "Europe/Paris",
  EET: "Europe/Athens",
  EEST: "Europe/Athens",
  BST: "Europe/London",
  MSK: "Europe/Moscow",
  JST: "Asia/Tokyo",
  KST: "Asia/Seoul",
  IST: "Asia/Kolkata",
  HKT: "Asia/Hong_Kong",
  SGT: "Asia/Singapore",
  AEST: "Australia/Brisbane",
  AEDT: "+11:00",
};

/** `GMT-3` as `-03:00`: older versions of Intl do not know offsets. */
function offsetZone(name: string | undefined): string | null {
  if (name === undefined) return null;
  const match = /^(?:UTC|GMT)([+-])(\d{1,2}):?(\d{2})?$/i.exec(name);
  if (match !== null) return `${match[1]}${(match[2] ?? "").padStart(2, "0")}:${match[3] ?? "00"}`;
  return abbreviations[name.toUpperCase()] ?? null;
}

const offset = /^([+-])(\d{2}):(\d{2})$/;

function known(zone: string): string | null {
  if (offset.test(zone)) return zone;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    // There is no other way to ask for it.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** What the clocks of a zone show, counted as if they showed UTC. */
function wallClock(time: number, zone: string): number {
  const fixed = offset.exec(zone);
  if (fixed !== null) {
    const aheadMs = (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
    return time + (fixed[1] === "-" ? -aheadMs : aheadMs);
  }
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(time);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}

/** The time at which the clocks of a zone, given by its short name, show this; null for one that is not known. */
export function instantIn(wall: number, zone: string): number | null {
  const name = offsetZone(zone);
  return name === null ? null : instant(wall, name);
}

/** The time at which the clocks of a zone show this. Twice, as the first guess may lie across a change of the clocks. */
function instant(wall: number, zone: string): number {
  const guess = wall - (wallClock(wall, zone) - wall);
  return guess - (wallClock(guess, zone) - wall);
}
