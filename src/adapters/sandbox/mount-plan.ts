import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";

/** What is put at a path inside. */
export type Mount =
  /** An empty folder; `writable`: in memory, gone with the sandbox. */
  | { readonly kind: "empty"; readonly at: string; readonly writable: boolean }
  /** A file without content that cannot be read from. */
  | { readonly kind: "blank"; readonly at: string }
  | { readonly kind: "bind"; readonly at: string; readonly from: string; readonly writable: boolean }
  | { readonly kind: "symlink"; readonly at: string; readonly to: string };

export interface MountWishes {
  /** Empty and writable. */
  readonly scratch: readonly string[];
  readonly hidden: readonly string[];
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Read-only whatever they lie in. */
  readonly readOnly: readonly string[];
  /** Read-only at another path, which need not be there where it is hidden. */
  readonly shown: readonly { readonly at: string; readonly from: string }[];
  /** Empty and writable within what is shown. */
  readonly emptied: readonly string[];
  /** Another folder takes the place of this one. */
  readonly replaced: { readonly at: string; readonly from: string };
}

/**
 * The mounts in their order: what lies deeper comes later and wins, whichever list it is in; at the same path whatever
 * gives more comes later, but for `readOnly`. All paths are without symlinks: a mount point that is one would lead elsewhere.
 */
export function mountPlan(wishes: MountWishes): Mount[] {
  const home = real(wishes.replaced.at) ?? resolve(wishes.replaced.at);
  const seen =
    (writable: boolean) =>
    ({ at }: Existing): Mount => ({ kind: "bind", at, from: at, writable });
  const kept = new Set(existing(wishes.readOnly).map(({ at }) => at));
  const places = inOrder([
    ...existing(wishes.scratch).map(({ at }): Mount => ({ kind: "empty", at, writable: true })),
    ...existing(wishes.hidden).map(coverOf),
    { kind: "bind", at: home, from: wishes.replaced.from, writable: true },
    ...existing(wishes.readable).map(seen(false)),
    ...existing(wishes.writable).map(seen(true)),
    ...existing(wishes.readOnly).map(seen(false)),
    ...wishes.shown.map(({ at, from }): Mount => ({ kind: "bind", at: real(at) ?? at, from, writable: false })),
    ...wishes.emptied.map((at): Mount => ({ kind: "empty", at, writable: true })),
  ]);
  const mounts: Mount[] = [];
  const last = new Map(places.map((mount) => [mount.at, mount]));
  for (const mount of places.filter((place) => last.get(place.at) === place)) {
    const around = mounts.findLast(({ at }) => isWithin(mount.at, at)) ?? null;
    if (kept.has(mount.at) || !isIdle(mount, around, wishes.replaced.from)) mounts.push(mount);
  }
  const named = [...wishes.readable, ...wishes.writable];
  const links = named.flatMap(symlinksOn).filter(({ at }) => {
    const around = mounts.findLast((mount) => isWithin(at, mount.at));
    return around !== undefined && isCover(around, wishes.replaced.from) && around.at !== at;
  });
  return inOrder([...mounts, ...unique(links)]);
}

function coverOf({ at, folder }: Existing): Mount {
  return folder ? { kind: "empty", at, writable: false } : { kind: "blank", at };
}

/** Whether nothing of the host is seen there. */
function isCover(mount: Mount, home: string): boolean {
  return mount.kind === "empty" || mount.kind === "blank" || (mount.kind === "bind" && mount.from === home);
}

/**
 * Whether it changes nothing: what is hidden where all is hidden, what is shown read-only where all is. Mounts cost time, and
 * a cover within the private HOME would hide what was put there.
 */
function isIdle(mount: Mount, around: Mount | null, home: string): boolean {
  if (mount.kind === "empty" && mount.writable) return false;
  if (mount.kind === "bind" && mount.from === home) return false;
  if (mount.kind === "empty" || mount.kind === "blank") return around !== null && isCover(around, home);
  return (
    mount.kind === "bind" &&
    mount.from === mount.at &&
    !mount.writable &&
    (around === null || (around.kind === "bind" && !around.writable))
  );
}

function inOrder(mounts: readonly Mount[]): Mount[] {
  const depth = (path: string): number => path.split(sep).filter((name) => name !== "").length;
  return mounts.toSorted((one, other) => depth(one.at) - depth(other.at));
}

function unique(links: readonly Mount[]): Mount[] {
  return [...new Map(links.map((link) => [link.at, link])).values()];
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelow(path, folder);
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

interface Existing {
  readonly at: string;
  readonly folder: boolean;
}

function existing(paths: readonly string[]): Existing[] {
  const found = new Map<string, Existing>();
  for (const path of paths) {
    const at = real(path);
    if (at !== null) found.set(at, { at, folder: statSync(at).isDirectory() });
  }
  return [...found.values()];
}

/** The path without symlinks; null where nothing is there, or nothing that this user may look at. */
export function real(path: string): string | null {
  try {
    // In one call of the system, not one for each of its parts: it is asked for often.
    return realpathSync.native(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

const maxSymlinks = 40;

/** Every symlink that is met on the way along a path, as it would have to be made again where its folder is hidden. */
export function symlinksOn(path: string): Extract<Mount, { kind: "symlink" }>[] {
  const met: Extract<Mount, { kind: "symlink" }>[] = [];
  let left = resolve(path).split(sep).filter(Boolean);
  let at: string = sep;
  while (left.length > 0 && met.length < maxSymlinks) {
    const [name = "", ...rest] = left;
    const next = join(at, name);
    const to = symlinkTarget(next);
    if (to === null) {
      at = next;
      left = rest;
      continue;
    }
    met.push({ kind: "symlink", at: next, to });
    left = [...resolve(dirname(next), to).split(sep).filter(Boolean), ...rest];
    at = sep;
  }
  return met;
}

function symlinkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}
