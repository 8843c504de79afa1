/** Numbers of issues of the same repository that the words of one say it waits for. */
export function blockersIn(body: string): string[] {
  const found = new Set<string>();
  // As people write it: alone, in a list behind it, with a colon or bold marks between.
  for (const [, list = ""] of body.slice(0, maxLooked).matchAll(waiting))
    for (const [, number = ""] of list.matchAll(/#(\d{1,9})\b/g)) found.add(number);
  return [...found].slice(0, maxBlockers);
}

const maxLooked = 50_000;
const maxBlockers = 50;
const waiting =
  /\b(?:blocked by|depends on|depend on|dependent on|requires|waits for|after)[\s:*_]{1,4}((?:(?:[\s,&]|and){0,6}#\d{1,9}\b)+)/gi;
