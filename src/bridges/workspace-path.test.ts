import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { isInside } from "./workspace-path.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-path-")));
const workspace = join(root, "workspace");
mkdirSync(join(workspace, "sub"), { recursive: true });
mkdirSync(join(root, "workspace-twin"));
symlinkSync("..", join(workspace, "up"));
symlinkSync("sub", join(workspace, "down"));
symlinkSync("../new", join(workspace, "dangling"));
symlinkSync("circle", join(workspace, "circle"));
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  [".", true],
  ["a/b/c", true],
  ["..a", true],
  ["sub/../x", true],
  ["down/x", true],
  [join(workspace, "x"), true],
  ["..", false],
  ["../workspace-twin/x", false],
  ["sub/../../x", false],
  ["/etc/passwd", false],
  ["up/x", false],
  ["dangling", false],
  ["circle", false],
  ["a\0b", false],
])("%j: %s", (path, inside) => {
  expect(isInside(workspace, path)).toBe(inside);
});
