import type { RunFolders } from "../../adapters/runners/run-folders.ts";
import type { SqliteStore } from "../../adapters/store/sqlite-store.ts";

/** Where what is kept is: the home's store and folders. */
export interface KeepingPlace {
  readonly home: string;
  readonly store: SqliteStore;
  readonly folders: RunFolders;
}

/** More are not at once in any home. */
export const maxOpenRuns = 100_000;
