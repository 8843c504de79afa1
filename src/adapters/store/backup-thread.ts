import { renameSync, rmSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { DatabaseSync } from "@photostructure/sqlite";
import { checkWhole } from "./damage.ts";

// Reading and writing a whole store takes as long as the disk needs: here, off the daemon's loop.
const { file, backup, temporary } = workerData as Record<"file" | "backup" | "temporary", string>;
const damage = checkWhole(file);
if (damage !== null) throw new Error(damage);
rmSync(temporary, { force: true });
const database = new DatabaseSync(file, { readOnly: true });
try {
  database.prepare("VACUUM INTO ?").run(temporary);
} finally {
  database.close();
}
renameSync(temporary, backup);
