import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogsView } from "../api/views.ts";
import { isLive } from "../domain/attempt-state.ts";
import { isMoving } from "../domain/change-state.ts";
import type { AttemptRow, ChangeRow, Judgement } from "../domain/rows.ts";
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
  const pieces = [await pieceOf(agentLog), ...(live ? [] : await gatePieces(folders, change?.judgements ?? []))];
  const text = wholeCharacters(await readPieces(pieces, after));
  // Its checks may still be to come.
  const onItsWay = change !== null && isMoving(change.state);
  return {
    version: 1,
    id: attempt.id,
    ended: !live && !onItsWay,
    text: text.toString("utf8"),
    next: after + text.length,
  };
}

/** Of every gate that judged its change, alone or with others, and of the target where that was judged in its place. */
async function gatePieces(folders: RunFolders, judgements: readonly Judgement[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const { host, checks, on, together } of judgements) {
    const what = whatText(on, together);
    // Judged again where its runner was lost.
    for (const folder of [1, 2, 3].map((go) => folders.gate(host, go === 1 ? checks : `${checks}.${go}`))) {
      const logs = (await namesIfThere(folder)).filter((file) => file.endsWith(".log"));
      for (const name of logs.map((file) => file.slice(0, -".log".length)).sort(inOrder)) {
        const title = `\n── ${what}: ${checkText(name)} ──\n`;
        pieces.push({ title, file: null, size: Buffer.byteLength(title) }, await pieceOf(join(folder, `${name}.log`)));
      }
    }
  }
  return pieces;
}

/** As they were run: `check-1`, its second time `check-1.2`, `check-2`, …, `check-10`. */
const inOrder = new Intl.Collator("en", { numeric: true }).compare;

function checkText(name: string): string {
  const [, check, go, more] = /^check-(\d+)(?:\.(\d+))?(?:-(.+))?$/.exec(name) ?? [];
  if (check === undefined) return name;
  const again = go === undefined ? "" : go === "2" ? ", run again" : `, run again (${go})`;
  return `check ${check}${again}${more === undefined ? "" : `, ${more.replace("-", " ")}`}`;
}

function whatText(on: Judgement["on"], together: number): string {
  if (on === "lock-files") return "lock files made anew";
  if (on === "base") return "gate on the target, without the change";
  return together > 1 ? `gate on the merged tree, with ${together - 1} more` : "gate on the merged tree";
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
