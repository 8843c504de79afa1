/** Entries of GIT_ALTERNATE_OBJECT_DIRECTORIES are separated by colons unless quoted. */
export function quotePath(path: string): string {
  return `"${path.replace(/[\\"]/g, (character) => `\\${character}`)}"`;
}
