import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../engine/ports.ts";

/** Opens the store when it is first needed: reading an empty home makes nothing in it. */
export class StoreAccess {
  private readonly file: string;
  private opened: Promise<Store> | null = null;

  constructor(home: string) {
    this.file = join(home, "store.db");
  }

  /** Null where nothing was ever stored. */
  async ifThere(): Promise<Store | null> {
    if (this.opened !== null) return this.opened;
    const there = await access(this.file).then(
      () => true,
      () => false,
    );
    return there ? this.open() : null;
  }

  open(): Promise<Store> {
    this.opened ??= openStore(this.file);
    return this.opened;
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = null;
    if (opened !== null) (await opened).close();
  }
}

/** The database is loaded when there is something to open. */
async function openStore(file: string): Promise<Store> {
  const [{ openDatabase }, { SqliteStore }] = await Promise.all([
    import("../adapters/store/open-database.ts"),
    import("../adapters/store/sqlite-store.ts"),
  ]);
  return new SqliteStore(await openDatabase(file));
}
