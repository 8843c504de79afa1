import { renameSync, rmSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { DatabaseSync } from "@photostructure/sqlite";
import { checkWhole } from "./damage.ts";

// Reading and writing a whole store takes as long as the disk needs: here, off the daemon's loop.
interface Asked extends Record<"file" | "backup" | "temporary", string> {
  /** Not 0: nothing more is begun. */
  readonly leave: Int32Array<SharedArrayBuffer>;
}

const { file, backup, temporary, leave } = workerData as Asked;
const mayGoOn = (): boolean => Atomics.load(leave, 0) === 0;
if (mayGoOn()) {
  const damage = checkWhole(file);
  if (damage !== null) throw new Error(damage);
}
if (mayGoOn()) {
  rmSync(temporary, { force: true });
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare("VACUUM INTO ?").run(temporary);
  } finally {
    database.close();
  }
  renameSync(temporary, backup);
}
