import { charSet, digits, letters, runEnd, type CharSet, type Clue } from "./clue.ts";

const alnum = charSet(letters + digits);
const word = charSet(`${letters + digits}_`);
const dashed = charSet(`${letters + digits}_-`);
const dotted = charSet(`${letters + digits}_-.`);
const upper = charSet(`ABCDEFGHIJKLMNOPQRSTUVWXYZ${digits}`);
const bearer = charSet(`${letters + digits}._~+/=-`);
const keyBlock = charSet(`${letters + digits}+/=\\:,."'|>#*- \t\r\n`);
const base64 = charSet(`${letters + digits}+/=`);

/** How many characters after the lead are looked at before a token is judged. */
const look = 48;
const maxHeader = 600;

interface TokenShape {
  readonly lead: string;
  readonly name: string;
  readonly chars: CharSet;
  /** Characters there must be after the lead. */
  readonly min: number;
  /** It must not be the end of a longer word, as the lead is one of ordinary words too. */
  readonly alone?: boolean;
  /** Exactly `min` characters, and then another kind of character. */
  readonly exact?: boolean;
  /** Whether this is chance and not a name or a placeholder. */
  readonly accept?: (body: string) => boolean;
}

/** Repeated and spelled-out placeholders (`xxxx…`, `your-key-here`) are no secrets. */
const varied = (body: string): boolean => distinct(body) >= 8;
/** Words joined by dashes have no long run of letters mixed with digits. */
const mixedRun = (body: string): boolean =>
  varied(body) && body.split(/[-_]/).some((run) => run.length >= 16 && /\d/.test(run) && /[A-Za-z]/.test(run));
const hasDigit = (body: string): boolean => varied(body) && /\d/.test(body);

/** How many different characters there are. Counted in bits, as hostile output may ask for it everywhere. */
function distinct(text: string): number {
  const seen = [0, 0, 0, 0];
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const bit = 1 << (code & 31);
    const word = (code >> 5) & 3;
    if (((seen[word] ?? 0) & bit) === 0) count++;
    seen[word] = (seen[word] ?? 0) | bit;
  }
  return count;
}

// The prefixes are those the providers document for their keys.
const tokens: readonly TokenShape[] = [
  { lead: "sk-ant-", name: "Anthropic key", chars: dashed, min: 16, accept: varied },
  { lead: "sk-or-", name: "OpenRouter key", chars: dashed, min: 16, accept: varied },
  { lead: "sk-proj-", name: "OpenAI key", chars: dashed, min: 16, accept: varied },
  { lead: "sk-svcacct-", name: "OpenAI key", chars: dashed, min: 16, accept: varied },
  { lead: "sk-admin-", name: "OpenAI key", chars: dashed, min: 16, accept: varied },
  { lead: "sk-", name: "key", chars: dashed, min: 20, alone: true, accept: mixedRun },
  ...["ghp_", "gho_", "ghs_", "ghu_", "ghr_"].map((lead) => ({
    lead,
    name: "GitHub token",
    chars: word,
    min: 30,
    accept: hasDigit,
  })),
  { lead: "github_pat_", name: "GitHub token", chars: word, min: 30, accept: hasDigit },
  { lead: "glpat-", name: "GitLab token", chars: dotted, min: 20, accept: varied },
  { lead: "AKIA", name: "AWS key id", chars: upper, min: 16, alone: true, exact: true, accept: notExample },
  { lead: "ASIA", name: "AWS key id", chars: upper, min: 16, alone: true, exact: true, accept: notExample },
  { lead: "AIza", name: "Google key", chars: dashed, min: 35, alone: true, exact: true, accept: varied },
  ...["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xapp-"].map((lead) => ({
    lead,
    name: "Slack token",
    chars: dashed,
    min: 20,
    accept: hasDigit,
  })),
  { lead: "hf_", name: "Hugging Face token", chars: alnum, min: 30, alone: true, accept: varied },
  { lead: "npm_", name: "npm token", chars: alnum, min: 36, alone: true, accept: varied },
  { lead: "pypi-Ag", name: "PyPI token", chars: dashed, min: 30, accept: varied },
  { lead: "gsk_", name: "Groq key", chars: alnum, min: 40, alone: true, accept: hasDigit },
  { lead: "xai-", name: "xAI key", chars: alnum, min: 40, alone: true, accept: hasDigit },
  { lead: "sk_live_", name: "Stripe key", chars: alnum, min: 20, accept: varied },
  { lead: "rk_live_", name: "Stripe key", chars: alnum, min: 20, accept: varied },
];

/** AWS writes EXAMPLE into the ids of its documentation. */
function notExample(body: string): boolean {
  return varied(body) && !body.endsWith("EXAMPLE");
}

/** Secrets known by their shape alone. Git object ids, UUIDs and checksums have none of them. */
export const shapes: readonly Clue[] = [
  ...tokens.map(tokenClue),
  { lead: "eyJ", find: findJwt },
  ...["Bearer ", "bearer ", "BEARER "].map((lead): Clue => ({ lead, find: findBearer })),
  ...["Basic ", "basic "].map((lead): Clue => ({ lead, find: findBasic })),
  { lead: "://", find: findLogin },
  { lead: "-----BEGIN ", find: findKeyBlock },
];

function tokenClue(shape: TokenShape): Clue {
  const { lead, name, chars, min } = shape;
  const reach = shape.exact === true ? min + 1 : Math.max(min, look);
  return {
    lead,
    find: (text, at, final) => {
      if (shape.alone === true && !standsAlone(text, at)) return "no";
      const from = at + lead.length;
      const to = runEnd(text, from, chars, from + reach);
      if (to === text.length && to < from + reach && !final) return "more";
      const length = to - from;
      if (length < min || (shape.exact === true && length !== min)) return "no";
      if (shape.accept !== undefined && !shape.accept(text.slice(from, to))) return "no";
      return { from: at, to, name, rest: shape.exact === true ? null : { kind: "token", chars } };
    },
  };
}

/** How far `standsAlone` looks back. */
export const lookBehind = 24;

/** Whether no word goes on over this place; what was escaped in JSON, an address or a terminal's colour ends one. */
function standsAlone(text: string, at: number): boolean {
  if (at === 0 || dashed[text.charCodeAt(at - 1)] !== 1) return true;
  const last = text.charAt(at - 1);
  if (text[at - 2] === "\\" && "nrtbf".includes(last)) return true;
  if (text[at - 3] === "%") return /^[0-9A-Fa-f]{2}$/.test(text.slice(at - 2, at));
  // oxlint-disable-next-line no-control-regex
  return last === "m" && /(?:\u001b|\\u001b|\\x1b|\\033|\\e)\[[\d;]{0,5}m$/.test(text.slice(Math.max(0, at - 13), at));
}

/** `header.payload.signature`: the header is JSON in base64, so it begins with `eyJ`. */
function findJwt(text: string, at: number, final: boolean): ReturnType<Clue["find"]> {
  if (!standsAlone(text, at)) return "no";
  const dot = runEnd(text, at, dashed, at + maxHeader);
  if (dot === text.length && dot < at + maxHeader && !final) return "more";
  if (dot - at < 13 || text[dot] !== ".") return "no";
  const to = runEnd(text, dot + 1, dashed, dot + 1 + 10);
  if (to === text.length && to < dot + 11 && !final) return "more";
  if (to < dot + 11) return "no";
  return { from: at, to, name: "token", rest: { kind: "token", chars: dotted } };
}

/** `Authorization: Bearer …`; without that word in front only what cannot be prose. */
function findBearer(text: string, at: number, final: boolean): ReturnType<Clue["find"]> {
  const from = at + "Bearer ".length;
  const to = runEnd(text, from, bearer, from + look);
  if (to === text.length && to < from + look && !final) return "more";
  const body = text.slice(from, to);
  const enough = isHeader(text, at) ? body.length >= 8 : body.length >= 20 && /\d/.test(body) && /[A-Za-z]/.test(body);
  if (!enough || isPlaceholder(body)) return "no";
  return { from, to, name: "bearer token", rest: { kind: "token", chars: bearer } };
}

function findBasic(text: string, at: number, final: boolean): ReturnType<Clue["find"]> {
  const from = at + "Basic ".length;
  const to = runEnd(text, from, base64, from + look);
  if (to === text.length && to < from + look && !final) return "more";
  if (!isHeader(text, at) || to - from < 8) return "no";
  return { from, to, name: "user and password", rest: { kind: "token", chars: base64 } };
}

/** `Authorization: `, quoted and spaced in any way. */
function isHeader(text: string, at: number): boolean {
  return /uthorization[\\"']{0,2}\s?[:=,]\s?[\\"']{0,2}$/i.test(text.slice(Math.max(0, at - lookBehind), at));
}

const maxUser = 128;
const maxPassword = 256;
const noUser = /[\s/?#@:"'<>\\`{}()[\]|,;]/;
const noPassword = /[\s/@"'<>\\`]/;

/** `scheme://user:password@host`. */
function findLogin(text: string, at: number, final: boolean): ReturnType<Clue["find"]> {
  const from = at + "://".length;
  const colon = firstOf(text, from, noUser, from + maxUser);
  if (colon === text.length && colon < from + maxUser && !final) return "more";
  if (text[colon] !== ":") return "no";
  const end = firstOf(text, colon + 1, noPassword, colon + 1 + maxPassword);
  if (end === text.length && end < colon + 1 + maxPassword && !final) return "more";
  const user = text.slice(from, colon);
  const password = text.slice(colon + 1, end);
  if (text[end] !== "@" || password === "" || password === user || isPlaceholder(password)) return "no";
  return { from, to: end, name: "user and password", rest: null };
}

function firstOf(text: string, from: number, stop: RegExp, limit: number): number {
  const end = Math.min(text.length, limit);
  let at = from;
  while (at < end && !stop.test(text.charAt(at))) at++;
  return at;
}

/** What stands in documents where a secret would. */
function isPlaceholder(text: string): boolean {
  return (
    /^(?:[$<{%*[]|your[-_]|password$|passwd$|pass$|secret$|token$|redacted)/i.test(text) ||
    /^[A-Z]+(?:_[A-Z]+)*$/.test(text) ||
    new Set(text).size < 3
  );
}

/** The longest first line, as of `-----BEGIN ENCRYPTED PRIVATE KEY-----`. */
const maxFirstLine = 64;
/** Within so many characters after it the key itself must begin: header lines may stand between. */
const maxKeyHeaders = 240;

/** A private key in its armour. The word alone, as in this very source, is none. */
function findKeyBlock(text: string, at: number, final: boolean): ReturnType<Clue["find"]> {
  if (text.length < at + maxFirstLine && !final) return "more";
  const first = /^-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----/.exec(text.slice(at, at + maxFirstLine));
  if (first === null) return "no";
  const from = at + first[0].length;
  for (let index = from, run = 0; index < from + maxKeyHeaders; index++) {
    if (index >= text.length) return final ? "no" : "more";
    const code = text.charCodeAt(index);
    if (keyBlock[code] !== 1) return "no";
    run = base64[code] === 1 ? run + 1 : 0;
    if (run === 16) return { from: at, to: index + 1, name: "private key", rest: { kind: "key-block" } };
  }
  return "no";
}

const lastLine = "-----END ";
const maxLastLine = 64;

/** Where a key block is left: after its last line, or where it is cut off. `more`: from that place on it is not clear. */
export function keyBlockEnd(text: string, from: number, final: boolean): { at: number; done: boolean } {
  let at = from;
  while (at < text.length && keyBlock[text.charCodeAt(at)] === 1) {
    if (text[at] === "-" && (text.startsWith(lastLine, at) || text.length < at + lastLine.length)) {
      if (text.length < at + maxLastLine && !final) return { at, done: false };
      const last = /^-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----/.exec(text.slice(at, at + maxLastLine));
      if (last !== null) return { at: at + last[0].length, done: true };
    }
    at++;
  }
  return { at, done: at < text.length };
}
