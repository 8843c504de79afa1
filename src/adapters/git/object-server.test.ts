import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ObjectServer } from "./object-server.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-objects-"));
const env = { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  }).trim();

beforeAll(() => {
  git("init", "--quiet", "--initial-branch=main");
  writeFileSync(join(root, "a b.txt"), "one\ntwo\n");
  writeFileSync(join(root, "large"), "x".repeat(3_000_000));
  git("add", "--all");
  git("commit", "--quiet", "--message", "Start");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the object server", () => {
  it("answers many questions at once, each with its own", async () => {
    const server = new ObjectServer(join(root, ".git"));
    const names = ["main", "nowhere", "main:a b.txt", "main:large", "main:none", "main^{tree}"];
    const found = await Promise.all(names.map((name) => server.find(name)));
    expect(found.map((object) => object?.type ?? null)).toEqual(["commit", null, "blob", "blob", null, "tree"]);
    expect(found[2]?.content.toString()).toBe("one\ntwo\n");
    expect(found[3]?.content).toHaveLength(3_000_000);
    expect(found[0]?.id).toBe(git("rev-parse", "main"));
  });

  it("sees refs move, appear, be packed and go, and objects that came later", async () => {
    const server = new ObjectServer(join(root, ".git"));
    const first = await server.commits(["main", "refs/heads/side"]);
    git("commit", "--quiet", "--allow-empty", "--message", "Second");
    git("branch", "side");
    expect(await server.commits(["main", "refs/heads/side"])).toEqual([
      git("rev-parse", "main"),
      git("rev-parse", "main"),
    ]);
    git("pack-refs", "--all");
    git("repack", "-adq");
    expect(await server.commits(["main"])).toEqual([git("rev-parse", "main")]);
    git("branch", "--quiet", "-D", "side");
    git("update-ref", "refs/heads/main", first[0] ?? "");
    expect(await server.commits(["main", "refs/heads/side"])).toEqual([first[0], null]);
  });

  it("does not let a name ask two questions", async () => {
    const server = new ObjectServer(join(root, ".git"));
    expect(await server.find("main\nmain")).toBeNull();
    expect((await server.find("main"))?.type).toBe("commit");
  });

  it("tells when there is nothing to ask, and can be asked again", async () => {
    const server = new ObjectServer(join(root, "none.git"));
    await expect(server.find("main")).rejects.toThrow("ENOENT");
  });
});

it("answers for the repository that is at the place now, not for one that was there before", async () => {
  const place = mkdtempSync(join(tmpdir(), "nightcrew-place-"));
  const server = new ObjectServer(place);
  const make = (message: string): string => {
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", place], { env });
    const tree = execFileSync("git", ["mktree"], { cwd: place, env, input: "", encoding: "utf8" }).trim();
    const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"];
    const args = [...identity, "commit-tree", tree, "-m", message];
    const commit = execFileSync("git", args, { cwd: place, env, encoding: "utf8" }).trim();
    execFileSync("git", ["update-ref", "refs/heads/main", commit], { cwd: place, env });
    return commit;
  };
  const first = make("One");
  expect(await server.commits(["main"])).toEqual([first]);
  rmSync(place, { recursive: true });
  const second = make("Two");
  expect(await server.commits(["main"])).toEqual([second]);
  server.close();
  rmSync(place, { recursive: true });
});
