import { lazilyIn } from "./lazily-in.ts";
import { folderOf, type ProjectMap } from "./project-map.ts";

/** Modules of the repository, the longest path first. */
const modules = lazilyIn(({ manifests }: ProjectMap): (readonly [path: string, folder: string])[] => {
  const found = [...manifests].flatMap(([path, text]) => {
    const name = /(?:^|\/)go\.mod$/.test(path) ? /^module\s+"?([^\s"]+)/m.exec(text)?.[1] : undefined;
    return name === undefined ? [] : [[name, folderOf(path)] as const];
  });
  return found.sort(([a], [b]) => b.length - a.length);
});

/** A package is all files of its folder, but for the tests. */
export function resolveGo(map: ProjectMap, _from: string, name: string): string[] {
  const own = modules(map).find(([path]) => name === path || name.startsWith(`${path}/`));
  if (own === undefined) return [];
  const [path, folder] = own;
  const place = [folder, name.slice(path.length + 1)].filter((part) => part !== "").join("/");
  return map.filesIn(place).filter((file) => file.endsWith(".go") && !file.endsWith("_test.go"));
}
