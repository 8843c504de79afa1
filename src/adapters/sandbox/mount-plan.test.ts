import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mountPlan, symlinksOn, type MountWishes } from "./mount-plan.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-mounts-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (path: string): string => join(root, path);
for (const folder of ["nest/slots/tree", "nest/.ssh", "nest/tools/bin", "open/secret"])
  mkdirSync(at(folder), { recursive: true });
for (const file of ["nest/file", "open/token", "nest/slots/tree/.git"]) writeFileSync(at(file), "");
symlinkSync(at("nest/slots"), at("nest/link"));
symlinkSync("nest", at("alias"));

const plan = (wishes: Partial<MountWishes>): string[] =>
  mountPlan({
    scratch: [],
    hidden: [],
    readable: [],
    writable: [],
    readOnly: [],
    shown: [],
    emptied: [],
    replaced: { at: at("nest"), from: "/private" },
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
        hidden: [at("open/secret"), at("open/token"), at("nest"), at("none")],
        readable: [at("nest/tools")],
        writable: [at("nest/slots/tree")],
        readOnly: [at("nest/slots/tree/.git")],
      }),
    ).toEqual([
      "/nest from /private rw",
      "/open/secret empty",
      "/open/token blank",
      "/nest/tools ro",
      "/nest/slots/tree rw",
      "/nest/slots/tree/.git ro",
    ]);
  });

  it("hides a place in a home only where the home was opened again", () => {
    expect(plan({ hidden: [at("nest/.ssh")] })).toEqual(["/nest from /private rw"]);
    expect(plan({ hidden: [at("nest/.ssh")], readable: [at("nest")] })).toEqual(["/nest/.ssh empty"]);
  });

  it("leaves out what is seen anyway", () => {
    expect(plan({ readable: [at("open/token")] })).toEqual(["/nest from /private rw"]);
  });

  it("makes the symlinks again that lead to what is shown, where they would be hidden", () => {
    expect(plan({ writable: [at("nest/link/tree")] })).toEqual([
      "/nest from /private rw",
      "/nest/link -> /nest/slots",
      "/nest/slots/tree rw",
    ]);
    // Where they are not hidden they are there.
    expect(plan({ writable: [at("alias/slots/tree")] })).toEqual(["/nest from /private rw", "/nest/slots/tree rw"]);
  });

  it("follows no circle of symlinks without end", () => {
    symlinkSync(at("b"), at("a"));
    symlinkSync(at("a"), at("b"));
    expect(symlinksOn(at("a")).length).toBeLessThanOrEqual(40);
    expect(plan({ readable: [at("a")] })).toEqual(["/nest from /private rw"]);
  });
});
