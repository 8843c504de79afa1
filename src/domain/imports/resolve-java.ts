import { nameOf } from "../diff-policy/paths.ts";
import { lazilyIn } from "./lazily-in.ts";
import type { ProjectMap } from "./project-map.ts";

interface Classes {
  /** By package and class. */
  readonly files: ReadonlyMap<string, string>;
  readonly byPackage: ReadonlyMap<string, readonly string[]>;
}

const classes = lazilyIn(({ packages }: ProjectMap): Classes => {
  const files = new Map<string, string>();
  const byPackage = new Map<string, string[]>();
  for (const [path, name] of packages) {
    files.set(`${name}.${nameOf(path).replace(/\.java$/, "")}`, path);
    const list = byPackage.get(name);
    if (list === undefined) byPackage.set(name, [path]);
    else list.push(path);
  }
  return { files, byPackage };
});

/** A wider one says nothing of what is used. */
const mostOfPackage = 100;

/** A class, or what is in one: the longest beginning that is a file; `a.b.*`: the package or the class. */
export function resolveJava(map: ProjectMap, from: string, name: string): string[] {
  const { files, byPackage } = classes(map);
  const all = name.endsWith(".*");
  const parts = (all ? name.slice(0, -2) : name).split(".");
  for (let count = parts.length; count > 1; count--) {
    const file = files.get(parts.slice(0, count).join("."));
    if (file !== undefined) return file === from ? [] : [file];
  }
  const inPackage = all ? (byPackage.get(parts.join(".")) ?? []) : [];
  return inPackage.length > mostOfPackage ? [] : inPackage.filter((path) => path !== from);
}
