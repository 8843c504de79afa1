import type { Sureness } from "../../../domain/plan.ts";
import type { MarkState } from "../../../domain/roadmap.ts";
import { fold, plainText } from "./plain-text.ts";
import { leadingEmoji } from "./emoji-status.ts";
import { normal, statusWord } from "./status-words.ts";

/** What a heading says of the items below it: that they are work, and how far. */
export interface PlanHeading {
  readonly state: MarkState;
  readonly sure: Sureness;
}

const openWords =
  "to do|todo|todos|tasks|task list|backlog|next|next up|next steps|up next|now|remaining|remaining work|remaining tasks|open tasks|open issues|action items|planned features" +
  "|tâches|taches|à faire|a faire|reste à faire|prochaines étapes|prochaine étape|tâches restantes|aufgaben|nächste schritte|als nächstes|offene punkte|offene aufgaben|noch zu tun" +
  "|tarefas|próximas etapas|할 일|다음 단계|작업 목록|tareas|próximos pasos|siguientes pasos|tareas pendientes|задачи|следующие шаги|планы|что сделать|сделать|待办|待办事项|待办列表|任务|任务列表|下一步|下一步计划|现在|当前任务|后续计划|近期计划" +
  "|やること|タスク|次|次のステップ|今後の予定|残タスク";
const wideWords =
  "roadmap|future|future work|future plans|later|ideas|idea|wishlist|wish list|long term|mid term|medium term|short term|near term|upcoming|milestones|plan|plans|planned|nice to have|stretch goals|enhancements|improvements" +
  "|feuille de route|plus tard|court terme|moyen terme|long terme|idées|évolutions|améliorations|fahrplan|zukunft|später|ideen|kurzfristig|mittelfristig|langfristig|verbesserungen" +
  "|futuro|hoja de ruta|más adelante|corto plazo|medio plazo|largo plazo|ideas futuras|mejoras|дорожная карта|будущее|позже|идеи|улучшения|로드맵|향후 계획|roteiro|路线图|路線圖|未来|未来计划|之后|远期|中期|短期|长期|规划|想法" +
  "|ロードマップ|将来|今後|アイデア|改善";
const otherWords =
  "overview|where we are|current state|how to use|progress|introduction|intro|about|scope|goal|goals|objectives|vision|mission|background|context|summary|executive summary|principles|architecture|design|terminology|glossary|legend|key|notes|note|references|resources|links|license|contributing" +
  "|deliverables|key deliverables|definition of done|acceptance criteria|success criteria|success metrics|metrics|risks|risk management|assumptions|dependencies|prerequisites|requirements|installation|usage|faq|changelog|change log|history|team|stakeholders|timeline|conclusion|table of contents|contents|how to contribute|feedback|disclaimer|status|current status|current state|current snapshot|strategic impact|non goals" +
  "|vue d'ensemble|contexte|objectif|objectifs|introduction générale|légende|références|conclusion générale|risques|prérequis|sommaire|überblick|übersicht|einleitung|ziele|ziel|kontext|hintergrund|legende|risiken|voraussetzungen|inhalt|fazit" +
  "|resumen|introducción|objetivos|contexto|leyenda|riesgos|requisitos|índice|conclusión|обзор|введение|цели|контекст|легенда|риски|требования|содержание|заключение|概述|简介|背景|目标|原则|运营原则|更新策略|图例|说明|风险|参考|目录|总结|当前状态|術語|术语|概要|はじめに|目的|目標|凡例|リスク|参考資料|まとめ";

/** They also count where they begin a heading: `Planned features`, `Next release`. */
const firstWords =
  "to do|todo|next|up next|next steps|upcoming|planned|remaining|future|pending|completed|finished|shipped|in progress|near term|short term|mid term|long term" +
  "|à faire|tâches|prochaines étapes|prochaines|en cours|terminé|terminées|geplante|nächste|nächste schritte|erledigte|offene|tareas|pendientes|próximas|próximos|completadas";
/** … or end a short one: `Near-term roadmap`, `Open tasks`. */
const lastWords =
  "to do|todo|todos|tasks|backlog|roadmap|planned|next|in progress|completed|aufgaben|tâches|tareas|задачи";
/** Of a status; as headings they are the names of things. */
const namesOfThings =
  "testing|in testing|partial|partially|partly|yes|no|fixed|merged|resolved|removed|obsolete|waiting|hold|started|missing|deprecated|plan|planning|ready|parcial|保留";

const open = new Set(openWords.split("|"));
const wide = new Set(wideWords.split("|"));
const other = new Set(otherWords.split("|"));
const first = new Set(firstWords.split("|"));
const last = new Set(lastWords.split("|"));
const things = new Set(namesOfThings.split("|"));

/** More words than these make a sentence of it, about something else. */
const maxWords = 4;
const maxWordsInFront = 2;
/** These are said of nothing else. */
const certain = new Set(["to do", "todo", "todos", "backlog", "tasks"]);

/** `## Next (2026 Q3)`, `## 🚧 In Progress`, `## Near-Term Roadmap`, `## 待办`; null: its words tell nothing of the kind. */
export function planHeading(heading: string): PlanHeading | null {
  const text = bare(heading);
  if (other.has(text)) return null;
  const whole = meaning(text);
  if (whole !== null) return whole;
  const edge = edgeOf(text.split(" "));
  const found = edge === null ? null : (meaning(edge) ?? ({ state: "open" } as const));
  return found === null ? null : { state: found.state, sure: "guess" };
}

function edgeOf(list: readonly string[]): string | null {
  if (list.length < 2 || list.length > maxWords) return null;
  const begins = [list.slice(0, 2), list.slice(0, 1)].map((words) => words.join(" ")).find((words) => first.has(words));
  if (begins !== undefined) return begins;
  const ends = [list.slice(-2), list.slice(-1)].find((words) => {
    const most = certain.has(words.join(" ")) ? maxWords : maxWordsInFront;
    return list.length - words.length <= most && last.has(words.join(" "));
  });
  return ends?.join(" ") ?? null;
}

/** Its items are no work, whatever the document is about. */
export function isBesideThePlan(heading: string): boolean {
  const text = bare(heading);
  return other.has(text) || /^(?:non goals|why|how|what|warum|pourquoi)\b/.test(text);
}

/** A document with such a title is a plan as a whole. */
export function isPlanTitle(heading: string): boolean {
  const text = bare(heading);
  const last =
    /(?:roadmap|to ?do|to do list|todo list|backlog|feuille de route|fahrplan|hoja de ruta|дорожная карта|路线图|路線圖|ロードマップ|로드맵|待办|待办事项)$/;
  return last.test(text) && text.split(" ").length <= 6;
}

function meaning(text: string): PlanHeading | null {
  if (open.has(text)) return { state: "open", sure: "likely" };
  const status = things.has(text) ? null : statusWord(text);
  if (status?.exact === true) return { state: status.state, sure: "likely" };
  return wide.has(text) ? { state: "open", sure: "guess" } : null;
}

/** Without number, emoji, what stands in parentheses, and what follows a colon or a dash. */
function bare(heading: string): string {
  let text = fold(plainText(heading)).slice(0, 200);
  for (let emoji = leadingEmoji(text); emoji !== null; emoji = leadingEmoji(text)) {
    text = text.slice(emoji.text.length).trimStart();
  }
  text = text
    .replace(/^(?:\d+(?:\.\d+)*[.)、]?|[IVX]+\.)\s+/u, "")
    .replace(/\s*[(（[【].*$/u, "")
    .replace(/\s*(?:[:：]|\s[-–—]\s).*$/u, "");
  return normal(text);
}
