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
    "|criterios de aceptación|aceptación|критерии приёмки|критерии приемки|критерий приёмки|critérios de aceitação|critério de aceitação|critérios de aceite|aceitação|완료 조건|완료 기준|인수 조건|수용 기준|验收标准|验收条件|验收|受け入れ条件|受入条件|完了条件",
  agent: "agent",
  allow: "allow|allowed",
  capabilities: "capabilities|capability",
  "depends-on":
    "depends on|depends|deps|blocked by|blocked on|dependencies|dependency|dépend de|dépendances|dépendance|bloqué par|hängt ab von|abhängig von|abhängigkeiten|abhängigkeit|blockiert durch" +
    "|depende de|dependencias|dependencia|зависит от|зависимости|зависимость|bloqueado por|dependências|dependência|의존성|의존|선행 작업|依赖|依赖于|依赖项|依赖关系|依赖任务|前置任务|前置依赖|依存|依存関係|依存先|依存タスク|前提タスク",
  effort: "effort|aufwand|esfuerzo|esforço|трудозатраты|工作量|工数",
  files:
    "files|file|files to modify|files to create|files to change|files to edit|files modified|affected files|target files|fichiers|fichier|dateien|datei|archivos|archivo|ficheros|arquivos|arquivo|ficheiros|파일|대상 파일|관련 파일|файлы|файл|文件|涉及文件|ファイル|対象ファイル",
  goal: "goal|objectif|ziel|objetivo|meta|목표|цель|目标|目標|目的",
  id: "id",
  prerequisite:
    "prerequisite|prerequisites|prérequis|voraussetzung|voraussetzungen|requisito previo|requisitos previos|pré requisito|pré requisitos|전제 조건|선행 조건|предварительные условия|前置条件|前提条件",
  priority: "priority|priorité|priorität|prioridad|prioridade|우선순위|приоритет|优先级|优先度|優先度|優先順位",
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
  for (const line of lines.flatMap(statements)) {
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

/** `**Priority**: high | **Effort**: 2 days`: one line may hold several keys. */
function statements(line: string): readonly string[] {
  const parts = line.split(/(?<=\s)[|·•](?=\s)/u);
  return parts.length > 1 && parts.every((part) => keyLine.test(part.trim()))
    ? parts.map((part) => part.trim())
    : [line];
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
