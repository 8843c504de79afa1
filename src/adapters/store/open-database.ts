import { mkdir, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { isAtLeast } from "../../std/version.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { damageOf, storeDamaged } from "./damage.ts";
import { migrations } from "./migrations.ts";

/** Before 3.51.3 a WAL reset could lose committed transactions. */
const oldestSqlite = [3, 51, 3] as const;

/** Magic numbers of statfs(2) for file systems whose locks and shared memory SQLite's WAL cannot rely on. */
const networkFileSystems = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
]);

/** Opens (and makes, and migrates) the one database. Durable: WAL with `synchronous=FULL`. */
export async function openDatabase(file: string): Promise<DatabaseSyncInstance> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unusable(file, error);
  });
  await refuseNetworkFileSystem(dirname(file));
  const damage = file === ":memory:" ? null : damageOf(file);
  if (damage !== null) throw storeDamaged(file, damage);
  const database = openFile(() => new DatabaseSync(file), file);
  try {
    refuseOldSqlite(database);
    database.exec(
      "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
    );
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error instanceof OperationalError ? error : unusable(file, error);
  }
}

function openFile(open: () => DatabaseSyncInstance, file: string): DatabaseSyncInstance {
  try {
    return open();
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, cause: unknown): OperationalError {
  return new OperationalError({
    code: "store-unusable",
    what: `The store cannot be opened: ${file}`,
    why: cause instanceof Error ? cause.message : String(cause),
    next: "check that the folder is writable and the disk not full; NIGHTCREW_HOME=DIR chooses another place",
    cause,
  });
}

async function refuseNetworkFileSystem(folder: string): Promise<void> {
  const { type } = await statfs(folder);
  // Some platforms give the type as a signed number.
  const name = networkFileSystems.get(type >>> 0);
  if (name === undefined) return;
  throw new OperationalError({
    code: "store-on-network",
    what: `The store cannot be kept on a network file system (${name}): ${folder}`,
    why: "its file locks cannot keep two processes from writing at once",
    next: "set NIGHTCREW_HOME to a folder on a local disk",
  });
}

function refuseOldSqlite(database: DatabaseSyncInstance): void {
  const row = database.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  if (isAtLeast(row.version, oldestSqlite)) return;
  throw new OperationalError({
    code: "sqlite-too-old",
    what: `SQLite ${row.version} is too old; ${oldestSqlite.join(".")} is needed`,
    why: "older ones can lose committed transactions in WAL mode",
    next: "reinstall nightcrew: npm ci",
  });
}

function migrate(database: DatabaseSyncInstance, file: string): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === migrations.length) return;
  if (version > migrations.length) {
    throw new OperationalError({
      code: "store-too-new",
      what: `The store was written by a newer nightcrew (format ${version}; this one knows ${migrations.length}): ${file}`,
      next: "update nightcrew, or set NIGHTCREW_HOME to another folder",
    });
  }
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have migrated while this one waited for the lock.
    const { user_version: now } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    for (const sql of migrations.slice(now)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    // SQLite itself rolls back where the disk is full.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
