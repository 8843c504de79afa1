import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredMessage } from "@langchain/core/messages";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { listOf, fieldsOf } from "../untrusted.ts";

/** What was said in a session, kept between attempts. */
export interface Session {
  readonly id: string;
  /** What was said before; empty for a new one. */
  readonly messages: readonly StoredMessage[];
  /** Replaces what is kept. False where that is not possible, which is no reason to stop the work. */
  keep(messages: readonly StoredMessage[]): boolean;
}

/** Longest conversation that is gone on with. */
const maxMessages = 10_000;
/** Sessions that are kept; the oldest make room. */
const maxSessions = 200;

/**
 * Goes on with a session, or begins one: where it is not there, is damaged or was of another program, under the same id.
 * Throws an `OperationalError` for an id that names no file.
 */
export function openSession(folder: string, resume: string | null): Session {
  if (resume !== null && !/^[\w-]{1,100}$/.test(resume)) {
    throw new OperationalError({ code: "usage", what: "--resume is an id of letters, digits, - and _" });
  }
  const id = resume ?? randomUUID();
  const file = join(folder, `${id}.json`);
  return {
    id,
    messages: resume === null ? [] : kept(file),
    keep(messages) {
      try {
        if (mkdirSync(folder, { recursive: true, mode: 0o700 }) === undefined) removeOldest(folder, maxSessions);
        // Replaced whole: a process may be ended at any time.
        writeFileSync(`${file}.part`, JSON.stringify({ version: 1, messages }), { mode: 0o600 });
        renameSync(`${file}.part`, file);
        return true;
      } catch (error) {
        if (errnoOf(error) === null) throw error;
        return false;
      }
    },
  };
}

/** Makes room for one more. */
function removeOldest(folder: string, most: number): void {
  const names = readdirSync(folder);
  if (names.length < most) return;
  const aged = names.map((name) => {
    const path = join(folder, name);
    return { path, changed: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  aged.sort((a, b) => b.changed - a.changed);
  for (const { path } of aged.slice(most - 1)) rmSync(path, { force: true });
}

function kept(file: string): readonly StoredMessage[] {
  try {
    const { version, messages } = fieldsOf(JSON.parse(readFileSync(file, "utf8")) as unknown);
    if (version !== 1) return [];
    const all = listOf(messages, maxMessages + 1);
    return all.length > maxMessages || !all.every(isMessage) ? [] : all;
  } catch (error) {
    // Whatever is wrong with it, what was said is gone, and the work is not.
    if (errnoOf(error) === null && !(error instanceof SyntaxError)) throw error;
    return [];
  }
}

function isMessage(value: unknown): value is StoredMessage {
  const { type, data } = fieldsOf(value);
  return typeof type === "string" && typeof data === "object" && data !== null;
}
