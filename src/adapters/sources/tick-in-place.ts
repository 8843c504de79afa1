import { readFile, realpath, stat } from "node:fs/promises";
import type { MarkAnchor } from "../../domain/plan.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { InPlaceTick, Sources } from "../../engine/ports.ts";
import { replaceFile } from "../files/replace-file.ts";
import { tickText, type ChangedLine } from "./tick-text.ts";
import type { RoadmapReader } from "./roadmap-reader.ts";

export type { ChangedLine } from "./tick-text.ts";

/** A tick, with the line that it changed; null: none. */
export interface ShownTick extends InPlaceTick {
  readonly line: ChangedLine | null;
}

/** Sets marks in files of the user, such as git does not track. */
export class FileSources implements Sources {
  private readonly reader: RoadmapReader;

  constructor(reader: RoadmapReader) {
    this.reader = reader;
  }

  async tickInPlace(file: string, box: MarkAnchor): Promise<ShownTick> {
    return this.tick(file, box, true);
  }

  /** What would be done; writes nothing. */
  async look(file: string, box: MarkAnchor): Promise<ShownTick> {
    return this.tick(file, box, false);
  }

  private async tick(named: string, anchor: MarkAnchor, write: boolean): Promise<ShownTick> {
    try {
      // It may have become a link since: what it leads to is written, and it stays one.
      const file = await realpath(named);
      const before = await readFile(file);
      const ticked = await tickText(before, anchor, this.reader);
      if (ticked.kind === "box-not-found") return notTicked("it was not found any more");
      if (ticked.kind === "already-ticked") return { ticked: false, problem: null, line: null };
      const { content, line } = ticked;
      if (!write) return { ticked: false, problem: null, line };
      return (await replace(file, before, content))
        ? { ticked: true, problem: null, line }
        : notTicked("the file was changed meanwhile");
    } catch (error) {
      return notTicked(messageOf(error));
    }
  }
}

async function replace(file: string, before: Buffer, content: Buffer): Promise<boolean> {
  const { mode } = await stat(file);
  const unchanged = async (): Promise<boolean> => (await readFile(file)).equals(before);
  return replaceFile(file, content, { mode: mode & 0o777, stillWanted: unchanged });
}

function notTicked(why: string): ShownTick {
  return { ticked: false, problem: `its box was not ticked: ${why}`, line: null };
}
