import { digits, letters } from "./clue.ts";

/** Shorter values are met by chance. */
export const shortestValue = 8;
const longestPiece = 4_096;

/**
 * The forms in which a known secret may turn up: as it is, as UTF-8 bytes, escaped in JSON or in an address, in base64
 * alone or inside of something longer. Long values come in pieces, values of several lines by line too.
 */
export function formsOf(value: string): string[] {
  const forms = new Set<string>();
  const add = (form: string): void => {
    if (form.length >= shortestValue) forms.add(form);
  };
  for (const part of partsOf(value)) {
    for (const piece of piecesOf(part)) {
      const bytes = utf8(piece);
      add(piece);
      add(bytes);
      add(JSON.stringify(piece).slice(1, -1));
      for (const form of addressForms(bytes)) add(form);
      for (const form of base64Forms(bytes)) add(form);
    }
  }
  return [...forms];
}

/** Words, numbers, paths and plain addresses are not kept from anybody, whatever the variable's name. */
export function isOrdinary(value: string): boolean {
  return (
    value.length < shortestValue ||
    /^(?:[a-z]{1,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14})$/.test(value) ||
    /^[-+]?[\d.,: ]{1,11}$/.test(value) ||
    /^(?:~|\.{1,2})?\/[\w./@+-]*$/.test(value) ||
    /^[a-z][a-z0-9+.-]{0,20}:\/\/[\w.:-]*(?:\/[\w.-]{0,15}){0,9}$/i.test(value) ||
    new Set(value).size < 4
  );
}

/** The whole, its lines, and the password where it is an address with one. */
function partsOf(value: string): string[] {
  const trimmed = value.trim();
  const parts = isOrdinary(trimmed) ? [] : [trimmed];
  const lines = trimmed.split(/\r?\n/);
  if (lines.length > 1) parts.push(...lines.map((line) => line.trim()).filter(isSecretLine));
  const password = /^[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:]*:([^\s/@]+)@/i.exec(trimmed)?.[1];
  if (password !== undefined && !isOrdinary(password)) parts.push(password);
  return parts;
}

const isSecretLine = (line: string): boolean => line.length >= 16 && !line.startsWith("-----") && !isOrdinary(line);

/** Equal pieces, so that none of them is too short to be found. */
function piecesOf(value: string): string[] {
  const count = Math.ceil(value.length / longestPiece);
  const size = Math.ceil(value.length / count);
  return Array.from({ length: count }, (_, index) => value.slice(index * size, (index + 1) * size));
}

/** Every byte as one character. */
function utf8(text: string): string {
  // Half a surrogate pair has no encoding.
  const sound = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return encodeURIComponent(sound).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Percent encoding of what must be encoded, and of all that may be; `+` for a space; hexadecimal digits in both cases. */
function addressForms(bytes: string): string[] {
  const encode = (kept: RegExp): string =>
    Array.from(bytes, (byte) =>
      kept.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    ).join("");
  const forms = [encode(/[\w.!~*'()-]/), encode(/[\w.~-]/)];
  const all = [...forms, ...forms.map((form) => form.replaceAll("%20", "+"))];
  return [...all, ...all.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

const alphabet = `${letters + digits}+/`;

/** Alone, and at each of the three places it can take in the groups of something longer, in both alphabets. */
function base64Forms(bytes: string): string[] {
  const forms = [base64(bytes)];
  for (const shift of [0, 1, 2]) {
    // The characters that hold only bits of the value: the first and the last may hold bits of its neighbours.
    const first = Math.ceil((shift * 8) / 6);
    const end = Math.floor(((shift + bytes.length) * 8) / 6);
    forms.push(base64("\0".repeat(shift) + bytes).slice(first, end));
  }
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

/** Without padding. */
function base64(bytes: string): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group =
      (bytes.charCodeAt(at) << 16) |
      ((left > 1 ? bytes.charCodeAt(at + 1) : 0) << 8) |
      (left > 2 ? bytes.charCodeAt(at + 2) : 0);
    for (let place = 0; place <= left; place++) out += alphabet[(group >> (18 - 6 * place)) & 63];
  }
  return out;
}
