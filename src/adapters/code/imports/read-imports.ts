import type { Node, Parser } from "web-tree-sitter";
import type { FileImports, ImportLanguage } from "../../../domain/imports/file-imports.ts";

/** Of one file; more are not looked at. */
const maxNames = 2_000;
const maxNameChars = 500;
const parseMs = 2_000;

/** What a file imports; null where it takes too long to be understood. A file with errors in it has what is understood of it. */
export function readImports(parser: Parser, language: ImportLanguage, text: string): FileImports | null {
  const until = performance.now() + parseMs;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > until });
  if (tree === null) {
    // It would go on with that file.
    parser.reset();
    return null;
  }
  try {
    const root = tree.rootNode;
    const names = new Set<string>();
    for (const name of readers[language](root, text)) {
      if (name !== "" && name.length <= maxNameChars) names.add(name);
      if (names.size >= maxNames) break;
      // What is nested deeply takes long to be looked through, too.
      if (performance.now() > until) return null;
    }
    return language === "java" ? { names: [...names], package: packageOf(root) } : { names: [...names] };
  } finally {
    tree.delete();
  }
}

const readers: Readonly<Record<ImportLanguage, (root: Node, text: string) => Iterable<string>>> = {
  javascript: javascriptNames,
  typescript: javascriptNames,
  tsx: javascriptNames,
  python: pythonNames,
  go: goNames,
  rust: rustNames,
  java: javaNames,
};

function found(root: Node, ...types: string[]): Node[] {
  return root.descendantsOfType(types);
}

/** `import`, `export … from`, `import()`, `require()`, `import x = require()`, `declare module "./…"`. */
function* javascriptNames(root: Node, text: string): Generator<string> {
  // Calls are everywhere: they are only looked through where one of them may import something.
  const calls = /\b(?:require|import)\s*\(/.test(text) ? ["call_expression"] : [];
  const modules = /\bdeclare\s+module\s+["']\./.test(text) ? ["module"] : [];
  for (const node of found(root, "import_statement", "export_statement", ...modules, ...calls)) {
    if (node.type === "call_expression") yield* calledName(node);
    else if (node.type === "module") {
      const name = node.childForFieldName("name");
      if (name?.type === "string") yield unquoted(name);
    } else {
      const source = node.childForFieldName("source") ?? requiredIn(node);
      if (source !== null) yield unquoted(source);
    }
  }
}

function requiredIn(node: Node): Node | null {
  const clause = node.namedChildren.find((child) => child?.type === "import_require_clause");
  return clause?.childForFieldName("source") ?? null;
}

function* calledName(call: Node): Generator<string> {
  const callee = call.childForFieldName("function");
  if (callee?.type !== "import" && !(callee?.type === "identifier" && callee.text === "require")) return;
  const first = call.childForFieldName("arguments")?.namedChildren[0];
  const isText =
    first?.type === "template_string" && first.namedChildren.every((part) => part?.type !== "template_substitution");
  if (first?.type === "string" || (first != null && isText)) yield unquoted(first);
}

function unquoted(node: Node): string {
  return node.text.slice(1, -1);
}

function* pythonNames(root: Node): Generator<string> {
  for (const node of found(root, "import_statement", "import_from_statement")) {
    const base = node.childForFieldName("module_name")?.text.replaceAll(/\s/g, "") ?? "";
    const names = node.childrenForFieldName("name").flatMap((name) => plainName(name) ?? []);
    // `from a import b`: b may be a module, or a name in a.
    if (node.type === "import_from_statement") yield base;
    const prefix = base === "" || base.endsWith(".") ? base : `${base}.`;
    for (const name of names) yield `${prefix}${name}`;
  }
}

/** `a.b as c` is a.b. */
function plainName(node: Node | null): string | null {
  const name = node?.type === "aliased_import" ? node.childForFieldName("name") : node;
  return name?.text.replaceAll(/\s/g, "") ?? null;
}

function* goNames(root: Node): Generator<string> {
  for (const spec of found(root, "import_spec")) {
    const path = spec.childForFieldName("path");
    if (path !== null) yield unquoted(path);
  }
}

function* rustNames(root: Node): Generator<string> {
  // Modules in braces that are open at the node at hand.
  const around: { readonly name: string; readonly end: number }[] = [];
  for (const node of found(root, "mod_item", "use_declaration")) {
    while ((around.at(-1)?.end ?? Infinity) <= node.startIndex) around.pop();
    const modules = around.map(({ name }) => name);
    const name = node.childForFieldName("name")?.text ?? "";
    if (node.type === "use_declaration") {
      const argument = node.childForFieldName("argument");
      for (const path of argument === null ? [] : usedPaths(argument, "")) yield seenFromFile(path, modules);
    } else if (node.childForFieldName("body") !== null) around.push({ name, end: node.endIndex });
    else if (modules.length > deepest) continue;
    else yield modules.length === 0 ? moduleName(node, name) : `mod ${[...modules, name].join("::")}`;
  }
}

/** What is nested more deeply was not written by anybody. */
const deepest = 20;

function moduleName(node: Node, name: string): string {
  for (let at = node.previousNamedSibling; at !== null; at = at.previousNamedSibling) {
    if (at.type !== "attribute_item" && !at.type.endsWith("comment")) break;
    const path = /^#\[\s*path\s*=\s*"([^"]+)"\s*\]$/.exec(at.text)?.[1];
    if (path !== undefined) return `file ${path}`;
  }
  return `mod ${name}`;
}

/** In a module in braces, `super` is what is around it in the same file, and its own modules are in its folder. */
function seenFromFile(path: string, modules: readonly string[]): string {
  const parts = path.split("::");
  const ups = parts.findIndex((part) => part !== "super");
  const count = ups === -1 ? parts.length : ups;
  if (modules.length === 0 || (count === 0 && parts[0] !== "self")) return path;
  const rest = parts.slice(count === 0 ? 1 : count);
  if (count > modules.length) return [...parts.slice(modules.length, count), ...rest].join("::");
  return ["self", ...modules.slice(0, modules.length - count), ...rest].join("::");
}

/** `a::{b, c::d as e, f::*}` is a::b, a::c::d and a::f. */
function* usedPaths(node: Node, prefix: string, depth = 0): Generator<string> {
  const under = (text: string | undefined): string => [prefix, text].filter((part) => (part ?? "") !== "").join("::");
  if (depth > deepest) return;
  switch (node.type) {
    case "scoped_use_list":
    case "use_list": {
      const own = under(node.childForFieldName("path")?.text);
      const list = node.type === "use_list" ? node : node.childForFieldName("list");
      for (const child of list?.namedChildren ?? []) if (child !== null) yield* usedPaths(child, own, depth + 1);
      return;
    }
    case "use_as_clause": {
      const path = node.childForFieldName("path");
      if (path !== null) yield* usedPaths(path, prefix, depth + 1);
      return;
    }
    case "use_wildcard":
      yield under(node.namedChildren[0]?.text);
      return;
    default:
      yield under(node.text.replaceAll(/\s/g, ""));
  }
}

function* javaNames(root: Node): Generator<string> {
  for (const node of found(root, "import_declaration")) {
    const name = node.namedChildren.find(
      (child) => child?.type === "scoped_identifier" || child?.type === "identifier",
    );
    const all = node.namedChildren.some((child) => child?.type === "asterisk");
    if (name != null) yield `${name.text.replaceAll(/\s/g, "")}${all ? ".*" : ""}`;
  }
}

function packageOf(root: Node): string {
  const [declared] = found(root, "package_declaration");
  const name = declared?.namedChildren.find((child) => (child?.type ?? "").endsWith("identifier"));
  return name?.text.replaceAll(/\s/g, "") ?? "";
}
