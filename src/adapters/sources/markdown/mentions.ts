import { splitReferences } from "./values.ts";

const words =
  "depends? on|deps?|blocked by|blocked on|waits? for|dépend de|bloqué par|hängt ab von|depende de|зависит от|依赖|依存|前置";
/** Said of much else as well: only in brackets. */
const looseWords = "after|needs|requires|après|nach|после";

const inBrackets = new RegExp(`[(（\\[【](?:${words}|${looseWords})[\\s:：]+([^()（）\\[\\]【】]+)[)）\\]】]`, "giu");
const atTheEnd = new RegExp(`\\s(?:${words})\\s*[:：]\\s*([^()（）]+)`, "giu");
const tag = /(?<=^|\s)(?:blocked-by|depends-on|depends|deps?|after):([\w.,#-]+)/giu;

/**
 * What a title says that its task waits for: `… (depends on T3)`, `… blocked-by:t001,t002`, `… 依存: T3`. Whether these are tasks
 * is not known; words in a title are no statement.
 */
export function mentionsIn(title: string, isTitle: (text: string) => boolean): string[] {
  const values = [inBrackets, atTheEnd, tag].flatMap((pattern) => [...title.matchAll(pattern)]);
  return [...new Set(values.flatMap((match) => splitReferences(match[1] ?? "", isTitle)))];
}
