/**
 * What the words of an issue say it waits for: numbers of its own repository, `owner/name#12` of others. As people write it:
 * alone, in a row or a list behind it, with a colon or bold marks between; by number, by address, or with its repository.
 */
export function blockersIn(body: string, repository = ""): string[] {
  const found = new Set<string>();
  for (const [, list = ""] of body.slice(0, maxLooked).matchAll(waiting))
    for (const [, at = "", addressed = "", there = "", number = addressed] of list.matchAll(reference))
      found.add(blockerName(at === "" ? there : at, number, repository));
  return [...found].slice(0, maxBlockers);
}

/** As an issue of `repository` calls it. */
export function blockerName(of: string, number: string | number, repository: string): string {
  const isOwn = of === "" || of.toLowerCase() === repository.toLowerCase();
  return isOwn ? String(number) : `${of}#${number}`;
}

const maxLooked = 50_000;
const maxBlockers = 50;
const place = String.raw`[\w-]{1,39}\/[\w.-]{1,100}`;
const item = String.raw`(?:(?:${place})?#\d{1,9}|https?:\/\/[\w.:-]{1,100}\/${place}\/(?:issues|pull)\/\d{1,9})\b`;
const inRow = String.raw`(?:(?:[\s,&]|and){0,6}\[?${item})+`;
const inList = String.raw`(?:\s{0,6}[*+-][ \t]{1,4}(?:\[[ xX]\][ \t]{1,4})?\[?${item})+`;
const waiting = new RegExp(
  String.raw`\b(?:blocked by|depends on|depend on|dependent on|requires|waits for|after)[\s:*_]{1,4}(${inRow}|${inList})`,
  "gi",
);
const reference = new RegExp(
  String.raw`https?:\/\/[\w.:-]{1,100}\/(${place})\/(?:issues|pull)\/(\d{1,9})|(${place})?#(\d{1,9})`,
  "gi",
);
