import { describe, expect, it } from "vitest";
import { compareVersions } from "./version.ts";

describe("versions", () => {
  it.each([
    ["1.2.3", "1.2.3", 0],
    ["1.10.0", "1.9.9", 1],
    ["0.61.0", "0.61", 0],
    ["1.0.0", "1.0.1", -1],
    ["2.0.0-beta.1", "2.0.0", 0],
    ["v", "0.0.0", 0],
  ])("%s and %s are compared number by number", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
