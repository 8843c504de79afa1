import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// The style guide as a test: what a reviewer would otherwise have to look for.
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
  cwd: root,
  encoding: "utf8",
});
const files = listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const source = files.filter((file) => /^(src|sim)\/.*\.ts$/.test(file) && !file.endsWith(".test.ts"));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Static, dynamic and type imports of relative files. */
const imports: Import[] = source.flatMap((from) =>
  [...text(from).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, to = ""]) => ({
    from,
    to: relative(root, resolve(root, dirname(from), to)),
  })),
);

/** What each layer may import besides itself. */
const layers: Record<string, readonly string[]> = {
  std: [],
  domain: ["std"],
  bridges: ["std", "domain"],
  engine: ["std", "domain"],
  api: ["std", "domain", "engine"],
  adapters: ["std", "domain", "engine"],
  runner: ["std", "domain", "engine", "adapters"],
  daemon: ["std", "domain", "engine", "adapters", "api"],
  cli: ["std", "domain", "api"],
  sim: ["std", "domain", "engine", "adapters"],
};

const layerOf = (file: string): string => (file.startsWith("sim/") ? "sim" : (file.split("/")[1] ?? ""));

describe("layers", () => {
  it("were looked at", () => {
    expect(source.length).toBeGreaterThan(60);
    expect(imports.length).toBeGreaterThan(200);
  });

  it("import only what lies below them", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [own, other] = [layerOf(from), layerOf(to)];
      // src/main.ts is the binary's composition root.
      return from !== "src/main.ts" && own !== other && layers[own]?.includes(other) !== true;
    });
    expect(wrong).toEqual([]);
  });

  it("below the adapters know no platform: no node: module, no clock, no randomness, no process", () => {
    const pure = source.filter((file) => ["std", "domain", "engine"].includes(layerOf(file)));
    const impure = pure.filter((file) =>
      /from "node:|Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|performance\./.test(text(file)),
    );
    expect(impure).toEqual([]);
  });

  it("let the simulator have nothing real but the rules, the loop and the store", () => {
    const real = imports.filter(({ from, to }) => layerOf(from) === "sim" && to.startsWith("src/adapters/"));
    expect(real.filter(({ to }) => !to.startsWith("src/adapters/store/"))).toEqual([]);
  });

  it("let a seed decide all of a simulation: no clock and no chance of this machine", () => {
    const impure = /Date\.now|new Date\(|Math\.random|randomUUID|randomBytes|setTimeout|performance\.|process\.env/;
    expect(source.filter((file) => layerOf(file) === "sim" && impure.test(text(file)))).toEqual([]);
  });

  it("decide synchronously: no promise in the domain", () => {
    expect(
      source.filter((file) => layerOf(file) === "domain" && /\basync\b|\bawait\b|Promise/.test(text(file))),
    ).toEqual([]);
  });

  it("let the command line reach the daemon only through the client", () => {
    expect(
      imports.filter(
        ({ from, to }) =>
          layerOf(from) === "cli" && /^src\/api\/(app|service|contract)/.test(to) && !isTypeImport(from, to),
      ),
    ).toEqual([]);
  });

  it("keep the schema library, the server and the store out of the command line", () => {
    const values = imports.filter(({ from, to }) => !isTypeImport(from, to));
    const found = reachable(["src/main.ts"], values);
    const reached = source.filter((file) => found.has(file));
    expect(reached.length).toBeGreaterThan(30);
    expect(reached.filter((file) => /from "(zod|yaml|hono|@)/.test(text(file)))).toEqual([]);
    expect(reached.filter((file) => ["daemon", "adapters", "engine"].includes(layerOf(file)))).toEqual([]);
  });

  it("keep the schema library out of the runner", () => {
    const reached = reachable(["src/runner/main.ts"]);
    expect([...reached].filter((file) => /from "(zod|yaml|commander)"/.test(text(file)))).toEqual([]);
  });
});

describe("every module", () => {
  it("is reached from an entry point", () => {
    const entries = [
      "src/main.ts",
      "src/daemon/main.ts",
      "src/runner/main.ts",
      "src/bridges/acp/main.ts",
      "src/bridges/builtin/main.ts",
      "src/adapters/sources/reader-thread.ts",
      "src/adapters/store/backup-thread.ts",
      "src/adapters/code/imports/graph-thread.ts",
      "sim/main.ts",
      // Run by the build.
      "src/api/openapi.ts",
    ];
    const reached = reachable(entries);
    expect(source.filter((file) => !reached.has(file))).toEqual([]);
  });

  it("has a name in kebab case, without empty words in it", () => {
    const names = source.map((file) => file.split("/").at(-1) ?? "");
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name))).toEqual([]);
    expect(names.filter((name) => /(manager|service-|helper|util|common|base-|enhanced|legacy)/.test(name))).toEqual(
      [],
    );
  });

  it("uses no default export, no enum, no namespace, no any, no barrel", () => {
    expect(
      source.filter((file) =>
        /^export default|^export enum|^enum |^namespace |: any\b|<any>|\bas any\b(?! [a-z])|^export \* from/m.test(
          text(file),
        ),
      ),
    ).toEqual([]);
  });

  it("swallows no error: no empty catch, no catch without a use of what was caught", () => {
    const empty = source.filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*(\/\/[^\n]*\s*)*\}/.test(text(file)));
    expect(empty).toEqual([]);
    const unbound = source.filter((file) => /catch\s*\{/.test(text(file)));
    expect(unbound).toEqual([]);
  });

  it("speaks to the network of itself in three places: to a model for a plan, to GitHub, and as the built-in agent", () => {
    const speaking = source.filter((file) => /(?:await|return|=>|=) fetch\(|"node:https"/.test(text(file)));
    expect(speaking).toEqual([
      "src/adapters/models/http-transport.ts",
      "src/adapters/trackers/github-fetch.ts",
      "src/bridges/builtin/model-requests.ts",
    ]);
  });

  // In code that was compiled ahead V8 does not know who is to import it: process.getBuiltinModule does without.
  it("imports no module of node's own late", () => {
    expect(source.filter((file) => /await import\("node:/.test(text(file)))).toEqual([]);
  });

  it("has no task left in a comment", () => {
    expect(source.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text(file)))).toEqual([]);
  });

  it("keeps no state of its own: no mutable binding at the top level", () => {
    expect(source.filter((file) => /^(export )?let /m.test(text(file)))).toEqual([]);
  });
});

describe("tests", () => {
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  it("mock no module and skip nothing without saying why", () => {
    // These speak of skipped tests.
    const subjects = /^test\/(tidy|e2e\/policy)\.test\.ts$|^src\/domain\/diff-policy\//;
    expect(
      tests.filter(
        (file) =>
          !subjects.test(file) && /vi\.mock\(|\.only\(|it\.skip\(|test\.skip\(|describe\.skip\(/.test(text(file)),
      ),
    ).toEqual([]);
  });
});

describe("the repository", () => {
  it("holds no machine's path, no report, no transcript", () => {
    const self = ["test/tidy.test.ts"];
    const prose = files.filter(
      (file) => !self.includes(file) && /\.(ts|mjs|js|md|json|yaml|yml)$/.test(file) && file !== "package-lock.json",
    );
    expect(prose.filter((file) => /\/home\/[a-z]+\/|\/Users\/|\/work\//.test(text(file)))).toEqual([]);
    expect(files.filter((file) => /(^|\/)(STATUS|REPORT|TRANSCRIPT|PLAN|NOTES)(\.md|\.txt)?$/i.test(file))).toEqual([]);
  });

  it("names no registry in its lock file, and pins exactly", () => {
    expect(text("package-lock.json")).not.toMatch(/"resolved"/);
    const { dependencies, devDependencies } = JSON.parse(text("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it.each([
    ["README.md", 150],
    ["ARCHITECTURE.md", 200],
  ])("has a %s of at most %i lines", (file, most) => {
    expect(text(file).split("\n").length).toBeLessThanOrEqual(most);
  });

  it("links only to files that are there", () => {
    const broken = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => [...text(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, to = ""]) => ({ file, to })))
      .filter(({ file, to }) => !existsSync(join(root, dirname(file), to)));
    expect(broken).toEqual([]);
  });

  it("documents every command of the command line, and no other", () => {
    const program = text("src/cli/program.ts");
    const commands = [...program.matchAll(/\b(?:add|program\s*\.command)\(\s*"([a-z]+)/g)].map(([, name]) => name);
    const reference = text("docs/reference/command-line.md");
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((name) => !reference.includes(`nightcrew ${name}`))).toEqual([]);
    const documented = new Set([...reference.matchAll(/^### `nightcrew ([a-z]+)/gm)].map(([, name]) => name));
    expect([...documented].filter((name) => !commands.includes(name))).toEqual([]);
  });
});

function isTypeImport(from: string, to: string): boolean {
  const name = to.split("/").at(-1) ?? "";
  return new RegExp(`import type [^;]*"[^"]*${name}"`).test(text(from));
}

function reachable(entries: readonly string[], edges: readonly Import[] = imports): Set<string> {
  const seen = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    queue.push(...edges.filter(({ from }) => from === file).map(({ to }) => to));
  }
  return seen;
}
