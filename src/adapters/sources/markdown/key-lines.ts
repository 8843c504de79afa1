import { fold } from "./plain-text.ts";

export type Key =
  | "acceptance"
  | "agent"
  | "allow"
  | "capabilities"
  | "depends-on"
  | "effort"
  | "files"
  | "goal"
  | "id"
  | "prerequisite"
  | "priority"
  | "type";

export interface KeyLine {
  readonly key: Key;
  /** Markdown; empty where a list is to follow. */
  readonly value: string;
}

const names: Readonly<Record<Key, string>> = {
  acceptance:
    "acceptance|acceptance criteria|acceptance criterion|done when|critères d'acceptation|critère d'acceptation|acceptation|akzeptanzkriterien|akzeptanz|abnahmekriterien" +
    "|criterios de aceptación|aceptación|критерии приёмки|критерии приемки|критерий приёмки|验收标准|验收条件|验收|受け入れ条件|受入条件|完了条件",
  agent: "agent",
  allow: "allow|allowed",
  capabilities: "capabilities|capability",
  "depends-on":
    "depends on|depends|blocked by|dependencies|dependency|dépend de|dépendances|dépendance|hängt ab von|abhängig von|abhängigkeiten|abhängigkeit" +
    "|depende de|dependencias|dependencia|зависит от|зависимости|зависимость|依赖|依赖于|依赖项|前置任务|依存|依存関係|依存先",
  effort: "effort|aufwand|esfuerzo|трудозатраты|工作量|工数",
  files:
    "files|file|fichiers|fichier|dateien|datei|archivos|archivo|ficheros|файлы|файл|文件|涉及文件|ファイル|対象ファイル",
  goal: "goal|objectif|ziel|objetivo|meta|цель|目标|目標|目的",
  id: "id",
  prerequisite:
    "prerequisite|prerequisites|prérequis|voraussetzung|voraussetzungen|requisito previo|requisitos previos|предварительные условия|前置条件|前提条件",
  priority: "priority|priorité|priorität|prioridad|приоритет|优先级|优先度|優先度|優先順位",
  type: "type",
};

const keys = new Map<string, Key>(
  (Object.entries(names) as [Key, string][]).flatMap(([key, list]) =>
    list.split("|").map((name) => [name, key] as const),
  ),
);

/** `Key: v`, `**Key**: v`, `**Key:** v`, `_Key_: v`. */
const keyLine = /^([*_]{0,3})(\p{L}[\p{L} '’_-]{0,30}?)\s*(?:\1\s*[:：]|[:：]\s*\1)(?!\/\/)\s*(.*)$/u;

export interface KeyLines {
  readonly found: readonly KeyLine[];
  /** The last line is a key with nothing behind it: a list right below is its value. */
  readonly opens: Key | null;
}

/** Reads a paragraph's lines. Prose values run on over line breaks; lists of words do so behind a comma. */
export function readKeyLines(lines: readonly string[]): KeyLines {
  const found: { key: Key; value: string }[] = [];
  let current: { key: Key; value: string } | null = null;
  for (const line of lines) {
    const match = keyLine.exec(line.trim());
    const key = match === null ? null : keyOf(match[2] ?? "");
    if (match !== null && key !== null) {
      current = { key, value: fold(match[3] ?? "").replace(/\s*\\$/, "") };
      found.push(current);
    } else if (current !== null && runsOn(current) && (match?.[1] ?? "") === "") {
      current.value = `${current.value} ${fold(line)}`;
    } else {
      current = null;
    }
  }
  return { found, opens: current?.value === "" ? current.key : null };
}

/** What the words of a key mean, in any of the languages that are known. */
export function keyOf(words: string): Key | null {
  return (
    keys.get(
      words
        .toLowerCase()
        .replaceAll("’", "'")
        .replace(/[\s_-]+/g, " "),
    ) ?? null
  );
}

function runsOn(line: KeyLine): boolean {
  if (line.key === "depends-on" || line.key === "files") return /[,;]$/.test(line.value);
  return (line.key === "acceptance" || line.key === "goal") && line.value !== "";
}
