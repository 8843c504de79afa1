import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeGround, real, run } from "../../../test/rig/sandboxed.ts";
import { commandPlaces, toolPlaces } from "./command-places.ts";
import { knownSecretPlaces } from "./secret-places.ts";

const ground = makeGround();
afterAll(() => ground.remove());
const { home } = ground;
const sandbox = await real();

function script(path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

const places = (command: readonly string[], path = process.env["PATH"] ?? ""): string[] =>
  commandPlaces({
    command,
    env: { PATH: path },
    cwd: ground.workspace,
    hidden: [home],
    secret: knownSecretPlaces(home),
  });

describe("what a command must be able to read", () => {
  it("is what it names, wherever in a word it does, and never a secret or a whole home", () => {
    const file = script("agents/run.sh", "");
    expect(places(["sh", "-c", `exec '${file}' --key=${home}/.ssh/id`])).toContain(file);
    expect(places(["sh", file, `${home}/.ssh/id`, home, dirname(home), "/", `--config=${home}/.netrc`])).toEqual(
      expect.not.arrayContaining([`${home}/.ssh/id`, home, dirname(home), "/", `${home}/.netrc`]),
    );
  });

  it("is a package with its dependencies, behind the link that it is started by", async () => {
    const main = script("apps/node_modules/cli/main.js", '#!/usr/bin/env node\nconsole.log(require("dependency"))\n');
    script("apps/node_modules/dependency/index.js", 'module.exports = "together"\n');
    mkdirSync(join(home, "bin"));
    symlinkSync("../apps/node_modules/cli/main.js", join(home, "bin/cli"));
    const path = `${join(home, "bin")}:${process.env["PATH"] ?? ""}`;
    const readable = places(["cli"], path);
    expect(readable).toEqual(expect.arrayContaining([join(home, "bin/cli"), main, join(home, "apps/node_modules")]));
    if (sandbox.name === "none") return;
    const env = { PATH: path };
    const ran = await run(["cli"], { sandbox, policy: ground.policy({ readable }), env });
    expect(ran).toMatchObject({ ending: { kind: "code", code: 0 }, stdout: "together\n" });
    expect((await run(["cli"], { sandbox, policy: ground.policy({ readable: [] }), env })).ending.kind).toBe(
      "not-started",
    );
  });

  it("is a python environment, with the installation it comes from", () => {
    script("venv/bin/python", "");
    script("venv/pyvenv.cfg", `home = ${join(home, "python/bin")}\n`);
    script("python/bin/python3", "");
    script("python/lib/x.py", "");
    const aider = script("venv/bin/aider", `#!${join(home, "venv/bin/python")}\n`);
    expect(places([aider])).toEqual(
      expect.arrayContaining([join(home, "venv"), join(home, "python/bin"), join(home, "python/lib")]),
    );
  });
});

describe("the tools of a user", () => {
  it("are the folders of the search path in a home, and what lies beside them, never what may hold secrets", () => {
    script(".cargo/bin/cargo", "");
    script(".cargo/credentials.toml", "");
    script("node/bin/node", "");
    script("node/lib/x.js", "");
    script(".local/bin/tool", "");
    script(".local/share/keyrings/x", "");
    const path = [".cargo/bin", "node/bin", ".local/bin", "none/bin"].map((folder) => join(home, folder)).join(":");
    expect(toolPlaces(home, `${path}:/usr/bin:${home}`).sort()).toEqual(
      [".cargo/bin", "node/bin", "node/lib", ".local/bin"].map((folder) => join(home, folder)).sort(),
    );
  });
});
