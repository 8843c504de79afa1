import type { MarkState } from "../../../domain/roadmap.ts";

/** `strong`: it stands for a status wherever it leads a line; `weak`: it is an ornament as often; `light`: a priority as often. */
export type EmojiStrength = "strong" | "weak" | "light";

interface EmojiStatus {
  readonly state: MarkState;
  readonly strength: EmojiStrength;
}

const groups: readonly (readonly [string, MarkState, EmojiStrength])[] = [
  ["✅ ☑ ✔ ✓ 🗹", "done", "strong"],
  ["🚧 ◐", "started", "strong"],
  ["🔲 🔳 ☐ ⬜ ◻ ◽ □ ▢ 🔜", "open", "strong"],
  ["❌ ✖ ✗ ✘", "dropped", "strong"],
  ["🚫 🗑", "dropped", "strong"],
  ["⏸ ⛔ 🛑 💤", "held", "strong"],
  ["🔄 🏃 🏗 🔨 🛠 🔧 ⚙ ▶ 🔁 🏁 👷", "started", "weak"],
  ["⏳ 📋 📝 📅 🗓 📌 🎯 💡 🔮 🆕 ⏰ ⌛ ⭕ 🤔 📆 💭", "open", "weak"],
  ["🔒", "held", "weak"],
  ["🟢 💚", "done", "light"],
  ["🟡 🟠 🔵", "started", "light"],
  ["🔴 ⚪ ⚫", "open", "light"],
];

const statuses = new Map<string, EmojiStatus>(
  groups.flatMap(([signs, state, strength]) => signs.split(" ").map((sign) => [sign, { state, strength }] as const)),
);

/** They say `never` in one document and `not yet` in another. */
const crosses = new Set(["❌", "✖", "✗", "✘"]);

export function isCross(sign: string): boolean {
  return crosses.has(sign);
}

/** Of the bare character, without the variation selector behind it. */
export function emojiStatus(sign: string): EmojiStatus | null {
  return statuses.get(sign) ?? null;
}

const pictograph =
  /^(\p{Extended_Pictographic}|[\u2610-\u2612\u2713-\u2718\u25a1\u25a2\u25d0])(?:[\ufe0e\ufe0f]|\p{EMod})*/u;

export interface LeadingEmoji {
  readonly sign: string;
  /** With what belongs to it. */
  readonly text: string;
}

/** The picture a text begins with; what several are joined to is one of its own, and no status. */
export function leadingEmoji(text: string): LeadingEmoji | null {
  const match = pictograph.exec(text);
  if (match?.[1] === undefined || text.startsWith("\u200d", match[0].length) || /^[©®™]/.test(match[1])) return null;
  return { sign: match[1], text: match[0] };
}

/** What a sign for done looks like in the style of another one. */
export function emojiForDone(sign: string): string {
  if ("☐".includes(sign)) return "☑";
  if ("✗✘".includes(sign)) return "✓";
  return sign === "✖" ? "✔" : "✅";
}
