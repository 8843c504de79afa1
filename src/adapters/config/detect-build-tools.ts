import type { DetectedCheck } from "./detect-gate.ts";
import { firstOf, readText, type RootFiles } from "./root-files.ts";

/** Packages without tests are compiled by a build alone. */
export function detectGo(root: RootFiles): Promise<DetectedCheck[]> {
  if (!root.names.has("go.mod")) return Promise.resolve([]);
  const lint = firstOf(root, ".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json");
  return Promise.resolve([
    { name: "go-build", run: "go build ./...", kind: "command", source: "go.mod" },
    ...(lint === undefined ? [] : [optional("golangci-lint", "golangci-lint run", lint)]),
    { name: "go-test", run: "go test ./...", kind: "test", source: "go.mod" },
  ]);
}

/** Clippy without `-D warnings`: what the project itself denies fails. */
export async function detectRust(root: RootFiles): Promise<DetectedCheck[]> {
  if (!root.names.has("Cargo.toml")) return [];
  const lints = /^\[(?:workspace\.)?lints\.clippy\]/m.test((await readText(root, "Cargo.toml")) ?? "");
  const clippy = firstOf(root, "clippy.toml", ".clippy.toml") ?? (lints ? "Cargo.toml" : undefined);
  return [
    ...(clippy === undefined ? [] : [optional("clippy", "cargo clippy --all-targets", clippy)]),
    { name: "cargo-test", run: "cargo test", kind: "test", source: "Cargo.toml" },
  ];
}

/** A check that the project can do without. */
export function optional(name: string, run: string, source: string): DetectedCheck {
  return { name, run, kind: "command", source, optional: true };
}

/** The order in which make looks for them. */
const makefiles = ["GNUmakefile", "makefile", "Makefile"] as const;

export async function detectMake(root: RootFiles): Promise<DetectedCheck[]> {
  const name = firstOf(root, ...makefiles);
  if (name === undefined) return [];
  const text = (await readText(root, name)) ?? "";
  const targets = [...text.matchAll(/^([\w.-][\w.\- \t]*):{1,2}(?![:=])/gm)].flatMap(
    (rule) => rule[1]?.split(/[ \t]+/) ?? [],
  );
  // `check` is what the tests are called by GNU's conventions.
  const test = ["test", "check"].find((target) => targets.includes(target));
  if (test === undefined) return [];
  const wanted = ["typecheck", "lint", test].filter((target) => targets.includes(target));
  return wanted.map((target) => ({
    name: target === test ? "test" : `make-${target}`,
    run: `make ${target}`,
    kind: "command",
    source: `${name}: ${target}`,
  }));
}
