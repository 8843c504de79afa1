import type { MarkState } from "../../../domain/roadmap.ts";
import { fold, plainText } from "./plain-text.ts";

/** A status as it stands in a cell, behind a key or in a heading. */
export interface StatusWord {
  readonly state: MarkState;
  /** Nothing else is said there. */
  readonly exact: boolean;
}

const words: Readonly<Record<MarkState, string>> = {
  done:
    "done|complete|completed|finished|shipped|released|implemented|delivered|closed|merged|resolved|fixed|yes" +
    "|fait|faite|faits|faites|terminé|terminée|terminés|terminées|fini|finie|livré|livrée|achevé|réalisé|réalisée" +
    "|erledigt|fertig|abgeschlossen|umgesetzt|fertiggestellt|hecho|hecha|completado|completada|terminado|terminada|listo|lista|finalizado" +
    "|готово|готов|готова|сделано|выполнено|завершено|завершён|завершен|concluído|concluída|feito|feita|pronto|완료|완료됨|완성|구현됨|完成|已完成|已上线|已发布|已实现|已交付|完了|済|済み|完了済み",
  started:
    "in progress|inprogress|wip|work in progress|ongoing|on going|doing|started|partial|partially|partly|partially done|partly done|in development" +
    "|in review|under review|in testing|testing|underway|under way|in work|en cours|commencé|commencée|partiel|partiellement|en développement" +
    "|in arbeit|in bearbeitung|laufend|läuft|begonnen|angefangen|teilweise|in entwicklung|en progreso|en curso|en proceso|en desarrollo|parcial|empezado|iniciado" +
    "|em andamento|em progresso|em desenvolvimento|진행 중|진행중|작업 중|개발 중|в работе|в процессе|выполняется|начато|частично|в разработке|进行中|開発中|开发中|正在进行|部分完成|処理中|対応中|進行中|作業中|着手中|実装中",
  open:
    "open|to do|todo|to be done|planned|planning|plan|pending|not started|not done|not yet|not implemented|not yet started|unstarted|incomplete|missing|backlog" +
    "|queued|upcoming|next|scheduled|proposed|requested|future|later|soon|tbd|no" +
    "|à faire|a faire|prévu|prévue|planifié|planifiée|à venir|en attente|non commencé|non commencée|pas commencé|non fait" +
    "|offen|geplant|ausstehend|zu erledigen|noch offen|nicht begonnen|vorgesehen|pendiente|pendientes|por hacer|planificado|planificada|planeado|sin empezar|no iniciado|próximamente" +
    "|a fazer|pendente|planejado|planejada|não iniciado|대기|대기 중|예정|계획|계획됨|할 일|미완료|시작 전|не начато|не сделано|запланировано|планируется|в планах|ожидает|открыто|предстоит|к выполнению|待办|待处理|待开始|待完成|未开始|未完成|未实现|计划中|策划中|规划中|已计划|计划" +
    "|未着手|未対応|予定|計画中|計画|これから",
  dropped:
    "cancelled|canceled|dropped|rejected|declined|won't do|wont do|won't fix|wontfix|will not do|abandoned|obsolete|deprecated|skipped|removed|out of scope|not planned|n/a" +
    "|annulé|annulée|abandonné|abandonnée|rejeté|supprimé|hors périmètre|abgebrochen|verworfen|entfällt|abgelehnt|gestrichen|cancelado|cancelada|descartado|descartada|abandonado|rechazado" +
    "|cancelada|descartado|취소|취소됨|제외|отменено|отклонено|отменён|取消|已取消|放弃|已放弃|不做|废弃|已废弃|中止|キャンセル|廃止|見送り",
  held:
    "blocked|on hold|hold|paused|deferred|postponed|delayed|stalled|waiting|needs decision|bloqué|bloquée|en pause|reporté|reportée|suspendu|suspendue|différé" +
    "|blockiert|pausiert|verschoben|zurückgestellt|angehalten|bloqueado|bloqueada|en pausa|pospuesto|pospuesta|aplazado|en espera" +
    "|adiado|adiada|보류|보류 중|중단|연기|заблокировано|приостановлено|отложено|на паузе|阻塞|受阻|暂停|已暂停|搁置|推迟|延期|已延期|保留|ブロック|停止中",
};

const states = new Map<string, MarkState>(
  (Object.entries(words) as [MarkState, string][]).flatMap(([state, list]) =>
    list.split("|").map((word) => [word, state] as const),
  ),
);

/** No status is longer; what is longer is a sentence that begins with one. */
const maxStatusLength = 60;

/** Words for a status that are the names of work as often. */
const titles = new Set("planning|plan|testing|计划|规划|計画".split("|"));

export function mayBeTitle(text: string): boolean {
  return titles.has(normal(text));
}

/** `In Progress`, `**Done**`, `完成`, `planned (Q3)`, `60 %`; null where none is known. */
export function statusWord(text: string): StatusWord | null {
  const plain = normal(text);
  if (plain === "" || plain.length > maxStatusLength) return null;
  const whole = states.get(plain);
  if (whole !== undefined) return { state: whole, exact: true };
  const percent = /^(\d{1,3})\s?%/.exec(plain)?.[1];
  if (percent !== undefined) return { state: stateOfPercent(Number(percent)), exact: /^\d+\s?%$/.test(plain) };
  const front = states.get(normal(plain.replace(/[([（【].*$/, "").replace(/(?:\s[-–—]|[,;:：/，、]).*$/, "")));
  const state = front ?? states.get(/^(?:\p{L}|['’])+(?: (?:\p{L}|['’])+)?(?=\s+\d)/u.exec(plain)?.[0] ?? "");
  return state === undefined ? null : { state, exact: false };
}

function stateOfPercent(percent: number): MarkState {
  return percent >= 100 ? "done" : percent === 0 ? "open" : "started";
}

/** Lower case, one blank between words, no signs around them. */
export function normal(text: string): string {
  return fold(
    plainText(text)
      .toLowerCase()
      .replaceAll("’", "'")
      .replace(/[‐‑_]|(?<=\p{L})-(?=\p{L})/gu, " "),
  )
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .replace(/[^\p{L}\p{N}%)）\]】]+$/u, "");
}

const statusKeys = new Set(
  (
    "status|state|current status|statut|état|etat|avancement|stand|zustand|fortschritt|bearbeitungsstand|estado|progress|progreso" +
    "|situação|상태|진행 상황|진행상황|статус|состояние|готовность|прогресс|状态|狀態|进度|当前状态|完成情况|状態|ステータス|進捗|状況"
  ).split("|"),
);

/** The head of a column, or a key, that says how far something is. */
export function isStatusKey(text: string): boolean {
  return statusKeys.has(normal(text));
}

/** In the language of a key or of another status; the author's own word goes before it. */
export function wordForDone(near: string): string {
  const plain = normal(near);
  for (const [language, word] of doneIn) if (language.test(plain)) return cased(word, near);
  return cased("Done", near);
}

const doneIn: readonly (readonly [RegExp, string])[] = [
  [/[\u3040-\u30ff]|状態|進捗|状況|未着手|予定|未対応|進行中|計画中$/u, "完了"],
  [/\p{Script=Han}/u, "完成"],
  [/\p{Script=Hangul}/u, "완료"],
  [/\p{Script=Cyrillic}/u, "Готово"],
  [
    /^(?:statut|état|etat|avancement|à |a faire|prévu|planifié|en cours|en attente|commencé|non |pas |partiel)/u,
    "Fait",
  ],
  [
    /^(?:stand|zustand|fortschritt|bearbeitung|offen|geplant|ausstehend|in arbeit|laufend|läuft|begonnen|noch )/u,
    "Erledigt",
  ],
  [/^(?:situação|a fazer|pendente|planejad|em andamento|em progresso|em desenvolvimento|não )/u, "Concluído"],
  [/^(?:estado|progreso|pendiente|por hacer|planificad|planead|en progreso|en curso|en proceso|sin |próxim)/u, "Hecho"],
];

function cased(word: string, near: string): string {
  const letters = near.replace(/[^\p{L}]/gu, "");
  if (letters.length > 1 && letters === letters.toUpperCase() && letters !== letters.toLowerCase())
    return word.toUpperCase();
  return /^\p{Ll}/u.test(letters) ? word.toLowerCase() : word;
}
