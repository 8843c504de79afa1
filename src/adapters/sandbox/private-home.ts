import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { isWithin } from "./mount-plan.ts";
import type { HomePolicy } from "./sandbox.ts";

const maxCredentialBytes = 4 * 1024 * 1024;

/**
 * Makes `folder` a HOME that holds copies of the named files, besides what was there. Folders are 0700, files 0600. Of one that
 * is kept an agent may have made anything: a link or a pipe in the place of a copy, or of its folder, is taken away first.
 */
export function makePrivateHome(folder: string, { path: home, credentials }: HomePolicy): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const name of credentials) {
    const relative = relativeName(name);
    const content = readWithin(home, relative);
    if (content === null) continue;
    const copy = join(folder, relative);
    makeRealFolders(folder, dirname(relative));
    rmSync(copy, { recursive: true, force: true });
    writeFileSync(copy, content, { mode: 0o600, flag: "wx" });
  }
}

function makeRealFolders(root: string, relative: string): void {
  let at = root;
  for (const name of relative.split(sep).filter((part) => part !== ".")) {
    at = join(at, name);
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) {
      rmSync(at, { force: true });
      mkdirSync(at);
    }
    chmodSync(at, 0o700);
  }
}

function relativeName(name: string): string {
  const relative = normalize(name);
  if (relative !== "." && relative !== ".." && !relative.startsWith(sep) && !relative.startsWith(`..${sep}`))
    return relative;
  throw new OperationalError({
    code: "credential-outside-home",
    what: `The credential file ${JSON.stringify(name)} is not within the home folder.`,
    next: "Name files relative to the home folder, such as .codex/auth.json.",
  });
}

/**
 * The content of a plain file within `home`; null where it is not there. A symlink within HOME is followed, one that leads
 * out of it is not: it may stand for anything.
 */
function readWithin(home: string, relative: string): Buffer | null {
  try {
    const file = realpathSync(join(home, relative));
    if (!isWithin(file, realpathSync(home))) return null;
    const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(handle);
      if (!found.isFile() || found.size > maxCredentialBytes) return null;
      return readWhole(handle, found.size);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

function readWhole(handle: number, size: number): Buffer {
  const content = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const read = readSync(handle, content, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return content.subarray(0, length);
}
