import { lazilyIn } from "./lazily-in.ts";
import { folderOf, joined, type ProjectMap } from "./project-map.ts";

/** Modules of the repository, the longest path first. */
const modules = lazilyIn(({ manifests }: ProjectMap): (readonly [path: string, folder: string])[] => {
  const found = [...manifests].flatMap(([path, text]) => {
    if (!/(?:^|\/)go\.mod$/.test(path)) return [];
    const name = /^module\s+"?([^\s"]+)/m.exec(text)?.[1];
    return [...(name === undefined ? [] : [[name, folderOf(path)] as const]), ...replaced(path, text)];
  });
  return found.sort(([a], [b]) => b.length - a.length);
});

/** `replace example.org/other v1 => ../other`, also in a block. */
function replaced(path: string, text: string): (readonly [path: string, folder: string])[] {
  return [
    ...text.matchAll(/^\s*(?:replace\s+)?"?([^\s"()]+)"?(?:[ \t]+v\S+)?[ \t]*=>[ \t]*"?(\.\.?\/[^\s"]*)/gm),
  ].flatMap(([, name = "", place = ""]) => {
    const folder = joined(folderOf(path), place);
    return folder === null ? [] : [[name, folder] as const];
  });
}

/** A package is all files of its folder, but for the tests. */
export function resolveGo(map: ProjectMap, _from: string, name: string): string[] {
  const own = modules(map).find(([path]) => name === path || name.startsWith(`${path}/`));
  if (own === undefined) return [];
  const [path, folder] = own;
  const place = [folder, name.slice(path.length + 1)].filter((part) => part !== "").join("/");
  return map.filesIn(place).filter((file) => file.endsWith(".go") && !file.endsWith("_test.go"));
}
