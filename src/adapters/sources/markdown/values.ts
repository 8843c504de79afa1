import type { Priority } from "../../../domain/plan.ts";
import { fold, plainText } from "./plain-text.ts";

const words: Readonly<Record<Priority, string>> = {
  critical:
    "critical|urgent|blocker|p0|critique|urgente|kritisch|dringend|crítica|crítico|highest|критический|критично|срочно|최고|긴급|紧急|最高|严重|緊急",
  high: "high|p1|haute|élevée|élevé|hoch|hohe|hoher|alta|alto|высокий|высокая|높음|높은|高|高优先级",
  medium:
    "medium|normal|moderate|p2|moyenne|moyen|normale|mittel|mittlere|mittlerer|media|medio|média|médio|средний|средняя|중간|보통|中|中等|普通",
  low: "low|minor|p3|basse|faible|niedrig|niedrige|niedriger|gering|baja|bajo|baixa|baixo|lowest|низкий|низкая|낮음|낮은|低|低优先级",
  background: "background|someday|p4",
};

const priorityWords = new Map<string, Priority>(
  (Object.entries(words) as [Priority, string][]).flatMap(([priority, list]) =>
    list.split("|").map((word) => [word, priority] as const),
  ),
);

/** The first word counts: in `HIGH (was LOW)` and in `HIGH | MEDIUM` it is the first that is meant. */
export function readPriority(value: string): Priority | null {
  const word = /^[^\p{L}\p{N}]*([\p{L}\p{N}]+)/u.exec(value)?.[1]?.toLowerCase();
  return word === undefined ? null : (priorityWords.get(word) ?? null);
}

/** Of a heading: `High priority`, `🔴 Critical`, `P1 — Important`, `Priorité haute`, `高优先级`; null: it speaks of none. */
export function headingPriority(heading: string): Priority | null {
  const text = plainText(heading).replace(/^[^\p{L}\p{N}]+/u, "");
  if (text.length > maxHeadingLength) return null;
  const label = /^P[0-4](?=$|[\s:：)\]/–—-])/.exec(text)?.[0];
  if (label !== undefined) return readPriority(label);
  const short = text
    .replace(/\s*[(（[].*$/u, "")
    .split(/[:：]|\s[-–—/]\s/u)
    .map((part) => part.trim());
  if (/^(?:critical|urgent|high|medium|low)$/i.test(short.at(0) ?? "")) return readPriority(short[0] ?? "");
  const named = short.find((part) => priorityNoun.test(part)) ?? "";
  // In `Priority: high` the word is what follows.
  const said = named.replace(priorityNoun, " ").trim() === "" ? short.filter((part) => part !== named) : [named];
  const list = said
    .join(" ")
    .replace(priorityNoun, " ")
    .trim()
    .split(/[\s-]+/u);
  if (named === "" || list.length > maxPriorityWords) return null;
  return list.map(readPriority).find((priority) => priority !== null) ?? null;
}

const priorityNoun = /priority|priorité|priorität|prioridade?|приоритет\p{L}*|优先级|優先度|優先順位|우선순위/iu;
/** More than these is about something else. */
const maxPriorityWords = 3;
const maxHeadingLength = 100;

/** `none`, `-`, `n/a`, `Nothing (first phase)`. */
export function saysNone(value: string): boolean {
  return /^(?:none|nothing|nil|no(?: dependencies)?|n\/a|[-–—]+|aucune?|keine?|ninguna?|нет|无|なし)(?:\s*\(.*\))?\.?$/i.test(
    plainText(value),
  );
}

/** Paths in backticks, or, where there are none, what looks like a path among words parted by commas. */
export function splitFiles(value: string): string[] {
  const quoted = [...value.matchAll(/`+([^`]+)`+/g)].map((match) => match[1] ?? "");
  const words = quoted.length > 0 ? quoted : barePaths(value);
  return words.map(filePath).filter((word) => word !== "" && word.length <= longestPath);
}

/** No system has a longer one. */
const longestPath = 4_000;

/** Without the lines of it that are meant: `src/a.ts:12-40`, `src/a.ts#L12`. */
function filePath(word: string): string {
  return word
    .trim()
    .replace(/^(?:\.\/)+/, "")
    .replace(/(?<=[\w)])(?::\d+(?:[:-]\d+)?|#L\d+(?:-L?\d+)?)$/, "");
}

/** Files that are known by their names, which have no dot in them. */
const plainNames =
  /^(?:Make|Docker|Gem|Rake|Jenkins|Proc|Just|Vagrant|Brew|Pip)file$|^(?:README|LICENSE|CHANGELOG|CODEOWNERS)$/;

function barePaths(value: string): string[] {
  return plainText(value)
    .split(/[,;]/)
    .map((part) =>
      part
        .trim()
        .replace(/\s*\([^()]*\)$/, "")
        .replace(/\.$/, ""),
    )
    .filter((part) => /^\S*[./*]\S*$/.test(part) || plainNames.test(part));
}

/**
 * References of a `Depends on` line. Quotes and backticks keep a title with a comma together; one with
 * "and" in it also stays together when it is known.
 */
export function splitReferences(value: string, isTitle: (text: string) => boolean): string[] {
  if (saysNone(value)) return [];
  const references: string[] = [];
  let pluralPhases = false;
  for (const part of parts(value)) {
    for (const word of part.quoted || isTitle(part.text) ? [part.text] : joined(part.text)) {
      const reference = cleanReference(word, part.quoted);
      if (reference === "") continue;
      pluralPhases = /^phases\s/i.test(reference) || (pluralPhases && /^[\w.]+$/.test(reference));
      references.push(pluralPhases ? `Phase ${reference.replace(/^phases\s+/i, "")}` : reference);
    }
  }
  return references;
}

/** A title may have other languages' words for “and” in it: they part what can be nothing but ids. */
function joined(text: string): readonly string[] {
  const words = text.split(/\s+(?:und|et|y|e|и)\s+|\s*(?:[和与及と+&]|および|및)\s*/u);
  return words.every((word) => idLike.test(word.trim())) ? words : text.split(/\s+and\s+/i);
}

const idLike = /^#?(?:\p{L}{1,12}(?:-\p{L}+)*[-.]?)?\d+(?:\.\d+)*$/u;

interface Part {
  readonly text: string;
  readonly quoted: boolean;
}

function parts(value: string): Part[] {
  const quotedPart = /\s*(?:and\s+)?(?:"([^"]+)"|“([^”]+)”|`+([^`]+)`+|'([^']+)')(?=\s*(?:[,;.，；、。]|and\s|$))/iy;
  const plainPart = /(?:[(（][^()（）]*[)）]|(?!\s+and\s+["“`'])[^,;，；、])+/iy;
  const found: Part[] = [];
  for (let at = 0; at < value.length;) {
    quotedPart.lastIndex = plainPart.lastIndex = at;
    const quoted = quotedPart.exec(value);
    const text = quoted?.slice(1).find((group) => group !== undefined) ?? plainPart.exec(value)?.[0];
    if (text !== undefined) found.push({ text: fold(text), quoted: quoted !== null });
    at = quoted !== null ? quotedPart.lastIndex : text !== undefined ? plainPart.lastIndex : at + 1;
  }
  return found;
}

function cleanReference(word: string, quoted: boolean): string {
  if (quoted) return word;
  // A remark such as `(if any)` names nothing.
  return plainText(word.replace(/^\s*(?:and\s+|[(（][^()（）]*[)）]$)/i, ""))
    .replace(/^["“'](.*)["”']$/, "$1")
    .replace(/[.。]$/, "")
    .trim();
}
