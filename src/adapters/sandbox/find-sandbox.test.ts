import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findSandbox, installCommand } from "./find-sandbox.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-find-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function program(name: string, text: string): string {
  const folder = mkdtempSync(join(root, "path-"));
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

const help = `case "$1" in --version) echo bubblewrap 0.4.1;; --help) echo "--unshare-all X --die-with-parent X --cap-drop CAP X --json-status-fd FD";;`;

describe.runIf(process.platform === "linux")("looking for a sandbox", () => {
  it("says when there is none, with what would install it", async () => {
    const empty = mkdtempSync(join(root, "empty-"));
    expect(await findSandbox(empty)).toMatchObject({ kind: "none", why: "not-installed" });
  });

  it("tries it, and says what it said when it does not work", async () => {
    const path = program("bwrap", `${help} *) echo "bwrap: No permissions to create new namespace" >&2; exit 1;; esac`);
    expect(await findSandbox(path)).toMatchObject({
      kind: "none",
      detail: "bwrap: No permissions to create new namespace",
    });
  });

  it("is no good with one that lacks what is needed", async () => {
    const path = program("bwrap", "echo bubblewrap 0.1.0");
    expect(await findSandbox(path)).toMatchObject({ kind: "none", why: "too-old", detail: "0.1.0" });
  });

  it("knows what an older one lacks, and asks only once", async () => {
    const path = program("bwrap", `${help} *) echo x >> "$0.calls";; esac`);
    const first = await findSandbox(path);
    expect(first).toMatchObject({
      kind: "bubblewrap",
      version: "0.4.1",
      userNamespace: true,
      env: null,
      prlimit: null,
    });
    expect(first.kind === "bubblewrap" && [...first.options]).toEqual(["--json-status-fd"]);
    rmSync(join(path, "bwrap"));
    expect(await findSandbox(path)).toBe(first);
  });

  it.each([
    ["ID=ubuntu\nID_LIKE=debian\n", "sudo apt install bubblewrap"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install bubblewrap"],
    ["ID=arch\n", "sudo pacman -S bubblewrap"],
    ["ID=alpine\n", "sudo apk add bubblewrap"],
    ["ID=other\n", null],
  ])("names the command of a distribution", (release, command) => expect(installCommand(release)).toBe(command));
});
