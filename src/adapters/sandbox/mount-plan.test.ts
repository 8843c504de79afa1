import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mountPlan, symlinksOn, type MountWishes } from "./mount-plan.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-mounts-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (path: string): string => join(root, path);
for (const folder of ["home/work/tree", "home/.ssh", "home/tools/bin", "open/secret"])
  mkdirSync(at(folder), { recursive: true });
for (const file of ["home/file", "open/token", "home/work/tree/.git"]) writeFileSync(at(file), "");
symlinkSync(at("home/work"), at("home/link"));
symlinkSync("home", at("alias"));

const plan = (wishes: Partial<MountWishes>): string[] =>
  mountPlan({
    ...{ scratch: [], hidden: [], readable: [], writable: [], readOnly: [] },
    replaced: { at: at("home"), from: "/private" },
    ...wishes,
  }).map((mount) => {
    const name = mount.at.replace(root, "");
    if (mount.kind === "bind")
      return `${name} ${mount.from === mount.at ? "" : `from ${mount.from} `}${mount.writable ? "rw" : "ro"}`;
    return mount.kind === "symlink" ? `${name} -> ${mount.to.replace(root, "")}` : `${name} ${mount.kind}`;
  });

describe("the plan of mounts", () => {
  it("goes from the outside in, so that what lies deeper is what is seen", () => {
    expect(
      plan({
        hidden: [at("open/secret"), at("open/token"), at("home"), at("none")],
        readable: [at("home/tools")],
        writable: [at("home/work/tree")],
        readOnly: [at("home/work/tree/.git")],
      }),
    ).toEqual([
      "/home empty",
      "/home from /private rw",
      "/open/secret empty",
      "/open/token blank",
      "/home/tools ro",
      "/home/work/tree rw",
      "/home/work/tree/.git ro",
    ]);
  });

  it("hides a place in a home only where the home was opened again", () => {
    expect(plan({ hidden: [at("home/.ssh")] })).toEqual(["/home from /private rw"]);
    expect(plan({ hidden: [at("home/.ssh")], readable: [at("home")] })).toEqual([
      "/home from /private rw",
      "/home ro",
      "/home/.ssh empty",
    ]);
  });

  it("leaves out what is seen anyway", () => {
    expect(plan({ readable: [at("open/token")] })).toEqual(["/home from /private rw"]);
  });

  it("makes the symlinks again that lead to what is shown, where they would be hidden", () => {
    expect(plan({ writable: [at("home/link/tree")] })).toEqual([
      "/home from /private rw",
      "/home/link -> /home/work",
      "/home/work/tree rw",
    ]);
    // Where they are not hidden they are there.
    expect(plan({ writable: [at("alias/work/tree")] })).toEqual(["/home from /private rw", "/home/work/tree rw"]);
  });

  it("follows no circle of symlinks without end", () => {
    symlinkSync(at("b"), at("a"));
    symlinkSync(at("a"), at("b"));
    expect(symlinksOn(at("a")).length).toBeLessThanOrEqual(40);
    expect(plan({ readable: [at("a")] })).toEqual(["/home from /private rw"]);
  });
});
