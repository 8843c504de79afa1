import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../../../std/operational-error.ts";
import type { FileImports } from "../../../domain/imports/file-imports.ts";
import { replaceFile } from "../../files/replace-file.ts";

/** Changes with what is read of files: what an older reader kept is of no use. */
const readerVersion = 2;
const maxBytes = 64 * 1024 * 1024;
/** What earlier commits had is kept beside what this one has, so that branches do not undo each other's work. */
const maxKept = 60_000;
/** Of so many repositories. */
const maxFiles = 32;

interface Stored {
  readonly version: number;
  readonly files: Readonly<Record<string, FileImports>>;
}

/** What was read of files before, by language and blob. A cache that cannot be read or written is an empty one. */
export class ImportCache {
  private readonly file: string;
  private readonly known: Map<string, FileImports>;
  private readonly fresh = new Map<string, FileImports>();

  private constructor(file: string, known: Map<string, FileImports>) {
    this.file = file;
    this.known = known;
  }

  static async open(file: string): Promise<ImportCache> {
    return new ImportCache(file, await readStored(file));
  }

  get(key: string): FileImports | undefined {
    return this.known.get(key);
  }

  put(key: string, imports: FileImports): void {
    this.fresh.set(key, imports);
  }

  /** Writes it where something is new; `used`: what the commit at hand has. What cannot be kept is read again. */
  async keep(used: ReadonlySet<string>): Promise<void> {
    if (this.fresh.size === 0) return;
    const others = [...this.known].filter(([key]) => !used.has(key));
    const own = [...this.known].filter(([key]) => used.has(key));
    const all = [...this.fresh, ...own, ...others].slice(0, maxKept);
    const text = JSON.stringify({ version: readerVersion, files: Object.fromEntries(all) } satisfies Stored);
    if (Buffer.byteLength(text) > maxBytes) return;
    try {
      await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
      await replaceFile(this.file, text);
      await removeOldest(dirname(this.file));
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  }
}

async function readStored(file: string): Promise<Map<string, FileImports>> {
  try {
    if ((await stat(file)).size > maxBytes) return new Map();
    return new Map(storedFiles(JSON.parse(await readFile(file, "utf8"))));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) !== null) return new Map();
    throw error;
  }
}

/** Without whatever is none: nobody knows who wrote to it. */
function storedFiles(stored: unknown): [string, FileImports][] {
  const { version, files } = objectOf(stored);
  return version === readerVersion
    ? Object.entries(objectOf(files)).filter((entry): entry is [string, FileImports] => isFileImports(entry[1]))
    : [];
}

function isFileImports(value: unknown): boolean {
  const { names, package: own } = objectOf(value);
  const areNames = Array.isArray(names) && names.every((name) => typeof name === "string");
  return areNames && (own === undefined || typeof own === "string");
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Also what a process that was killed left half written. */
async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= maxFiles) return;
  const times = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  for (const { name } of times.sort((a, b) => b.at - a.at).slice(maxFiles))
    await rm(join(folder, name), { force: true });
}
