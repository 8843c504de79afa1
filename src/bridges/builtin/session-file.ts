import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredMessage } from "@langchain/core/messages";
import { errnoOf, messageOf, OperationalError } from "../../std/operational-error.ts";
import { listOf, fieldsOf } from "../untrusted.ts";

/** What was said in a session, kept between attempts. */
export interface Session {
  readonly id: string;
  /** What was said before; empty for a new one. */
  readonly messages: readonly StoredMessage[];
  /** Replaces what is kept; does nothing where there is no folder for it. */
  keep(messages: readonly StoredMessage[]): void;
}

/** Longest conversation that is gone on with. */
const maxMessages = 10_000;

/**
 * Goes on with a session, or begins one: where it is not there, is damaged or was of another program, under the same id.
 * Throws an `OperationalError` for an id that names no file.
 */
export function openSession(folder: string | null, resume: string | null): Session {
  if (resume !== null && !/^[\w-]{1,100}$/.test(resume)) {
    throw new OperationalError({ code: "usage", what: "--resume is an id of letters, digits, - and _" });
  }
  const id = resume ?? randomUUID();
  if (folder === null) return { id, messages: [], keep: () => undefined };
  const file = join(folder, `${id}.json`);
  return {
    id,
    messages: resume === null ? [] : kept(file),
    keep(messages) {
      mkdirSync(folder, { recursive: true });
      // Replaced whole: a process may be ended at any time.
      writeFileSync(`${file}.part`, JSON.stringify({ version: 1, messages }), { mode: 0o600 });
      renameSync(`${file}.part`, file);
    },
  };
}

function kept(file: string): readonly StoredMessage[] {
  try {
    const { version, messages } = fieldsOf(JSON.parse(readFileSync(file, "utf8")) as unknown);
    if (version !== 1) return [];
    const all = listOf(messages, maxMessages + 1);
    return all.length > maxMessages || !all.every(isMessage) ? [] : all;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return [];
    throw new OperationalError({
      code: "session",
      what: `the session cannot be read: ${messageOf(error)}`,
      cause: error,
    });
  }
}

function isMessage(value: unknown): value is StoredMessage {
  const { type, data } = fieldsOf(value);
  return typeof type === "string" && typeof data === "object" && data !== null;
}
