import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogsView } from "../api/views.ts";
import { isLive } from "../domain/attempt-state.ts";
import { inLane } from "../domain/change-state.ts";
import type { AttemptRow, ChangeRow } from "../domain/rows.ts";
import { namesIfThere } from "../adapters/files/names-if-there.ts";
import type { RunFolders } from "../adapters/runners/run-folders.ts";
import { errnoOf } from "../std/operational-error.ts";

const maxBytes = 1024 * 1024;

interface Piece {
  /** A heading of ours, or a file. */
  readonly title: string;
  readonly file: string | null;
  readonly size: number;
}

/** What an attempt printed, then what the checks of its change printed, as one text that is read from `after` on. */
export async function readAttemptLog(
  folders: RunFolders,
  { attempt, change }: { readonly attempt: AttemptRow; readonly change: ChangeRow | null },
  after: number,
): Promise<LogsView> {
  const agentLog = join(folders.attempt(attempt.run, attempt.task, attempt.number), "agent.log");
  const live = isLive(attempt.state);
  const pieces = [await pieceOf(agentLog), ...(live ? [] : await gatePieces(folders, attempt))];
  const text = wholeCharacters(await readPieces(pieces, after));
  // Its checks may still be to come.
  const onItsWay = change !== null && (inLane(change.state) || change.state.status === "offered");
  return {
    version: 1,
    id: attempt.id,
    ended: !live && !onItsWay,
    text: text.toString("utf8"),
    next: after + text.length,
  };
}

async function gatePieces(folders: RunFolders, attempt: AttemptRow): Promise<Piece[]> {
  const root = join(folders.runs, attempt.run, "gates");
  // Behind the attempt stands how often it was built, and the candidate's commit; another task's id may begin like it.
  const prefix = `${attempt.task}-${attempt.number}-`;
  const place = (name: string): number => {
    const [, builds, on] = /^(\d+)-[0-9a-f]{12}-(candidate|base)(?:\.\d+)?$/.exec(name.slice(prefix.length)) ?? [];
    return builds === undefined ? -1 : 2 * Number(builds) + (on === "base" ? 1 : 0);
  };
  const names = (await namesIfThere(root))
    .filter((name) => name.startsWith(prefix) && place(name) >= 0)
    .sort((a, b) => place(a) - place(b));
  const pieces: Piece[] = [];
  for (const name of names) {
    const on = /-base(\.\d+)?$/.test(name) ? "the target, without the change" : "the merged tree";
    for (const file of (await namesIfThere(join(root, name))).filter((entry) => entry.endsWith(".log")).sort()) {
      const title = `\n── gate on ${on}: ${file.replace(/\.log$/, "").replace("-", " ")} ──\n`;
      pieces.push({ title, file: null, size: Buffer.byteLength(title) }, await pieceOf(join(root, name, file)));
    }
  }
  return pieces;
}

async function pieceOf(file: string): Promise<Piece> {
  const size = await stat(file).then(
    (found) => found.size,
    (error: unknown) => {
      if (errnoOf(error) === "ENOENT") return 0;
      throw error;
    },
  );
  return { title: "", file, size };
}

async function readPieces(pieces: readonly Piece[], after: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let start = 0;
  let room = maxBytes;
  for (const piece of pieces) {
    const from = Math.max(0, after - start);
    const length = Math.min(room, piece.size - from);
    start += piece.size;
    if (length <= 0) continue;
    chunks.push(
      piece.file === null
        ? Buffer.from(piece.title).subarray(from, from + length)
        : await readRange(piece.file, from, length),
    );
    room -= length;
  }
  return Buffer.concat(chunks);
}

async function readRange(file: string, from: number, length: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Without the beginning of a character whose end is still to come, or of the next answer: it is read again with that. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
