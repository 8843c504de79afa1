import { lstat, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import type { BoxAnchor } from "../../domain/plan.ts";
import { findBox, setBox } from "../../domain/roadmap.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { InPlaceTick, Sources } from "../../engine/ports.ts";
import type { RoadmapReader } from "./roadmap-reader.ts";

/** Ticks boxes of files that git does not track. */
export class FileSources implements Sources {
  private readonly reader: RoadmapReader;

  constructor(reader: RoadmapReader) {
    this.reader = reader;
  }

  async tickInPlace(file: string, box: BoxAnchor): Promise<InPlaceTick> {
    try {
      return await this.tick(file, box);
    } catch (error) {
      return notTicked(messageOf(error));
    }
  }

  private async tick(file: string, anchor: BoxAnchor): Promise<InPlaceTick> {
    const before = await readFile(file);
    const text = before.toString("utf8");
    const boxes = await this.reader.boxes(text);
    const box = findBox(boxes, anchor);
    if (box === null || !Buffer.from(text).equals(before)) return notTicked("it was not found any more");
    if (box.checked) return { ticked: false, problem: null };
    const ticked = setBox(text, box, true);
    this.reader.remember(
      ticked,
      boxes.map((other) => (other === box ? { ...other, checked: true } : other)),
    );
    return replaceFile(file, before, Buffer.from(ticked));
  }
}

function notTicked(why: string): InPlaceTick {
  return { ticked: false, problem: `its box was not ticked: ${why}` };
}

/** Atomic: readers see the old file or the new one. Refuses when the file is not `before` any more. */
async function replaceFile(file: string, before: Buffer, after: Buffer): Promise<InPlaceTick> {
  const { mode } = await lstat(file);
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx", mode & 0o777);
    try {
      await handle.writeFile(after);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await readFile(file)).equals(before)) return notTicked("the file was changed meanwhile");
    await rename(temporary, file);
    return { ticked: true, problem: null };
  } finally {
    await rm(temporary, { force: true });
  }
}
