import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRunId } from "../domain/run.ts";
import { parseEnvironment, RunEnvironments, withCredentials } from "./run-environments.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nightcrew-env-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = makeRunId(0, "00000000");
const made = (own: NodeJS.ProcessEnv): RunEnvironments => new RunEnvironments({ home, runs: join(home, "runs"), own });

describe("the environment of a run", () => {
  it("is what was submitted; a later daemon has its settings, and the keys it finds itself", async () => {
    const first = made({ PATH: "/daemon", KEY: "daemon's", OTHER: "x" });
    await first.keep(run, { settings: { PATH: "/terminal" }, secrets: { KEY: "terminal's" } });
    expect(await first.of(run, ["KEY"])).toEqual({ PATH: "/terminal", KEY: "terminal's" });
    expect(await first.of(run, [])).toEqual({ PATH: "/terminal" });
    const later = made({ PATH: "/daemon", KEY: "daemon's" });
    expect(await later.of(run, ["KEY"])).toEqual({ PATH: "/terminal", KEY: "daemon's" });
    writeFileSync(join(home, "env"), "KEY=file's\n", { mode: 0o600 });
    expect(await later.of(run, ["KEY"])).toEqual({ PATH: "/terminal", KEY: "file's" });
    expect(await first.of(run, ["KEY"])).toEqual({ PATH: "/terminal", KEY: "terminal's" });
    const kept = readdirSync(join(home, "runs", run)).map((name) =>
      readFileSync(join(home, "runs", run, name), "utf8"),
    );
    expect(kept.join("")).not.toContain("terminal's");
  });

  it("is written down without proxies that tell a password; a later daemon looks for these as for keys", async () => {
    const proxies = {
      http_proxy: "http://me:hunter2@proxy:3128",
      HTTPS_PROXY: "me:hunter2@proxy",
      no_proxy: "localhost",
    };
    const settings = { PATH: "/opt/a@1/bin", LANG: "de_DE@euro", GOPROXY: "https://hunter2@go.example", ...proxies };
    const first = made({});
    await first.keep(run, { settings, secrets: {} });
    expect(await first.of(run, [])).toEqual(settings);
    const kept = readFileSync(join(home, "runs", run, "environment.json"), "utf8");
    expect(kept).not.toContain("hunter2");
    const plain = { PATH: "/opt/a@1/bin", LANG: "de_DE@euro", no_proxy: "localhost" };
    expect(await made({ http_proxy: "mine", HTTP_PROXY: "other" }).of(run, [])).toEqual({
      ...plain,
      http_proxy: "mine",
    });
    writeFileSync(join(home, "env"), "GOPROXY=https://x@go.example\n", { mode: 0o600 });
    expect(await made({}).of(run, [])).toEqual({ ...plain, GOPROXY: "https://x@go.example" });
    expect(withCredentials(settings)).toEqual(["GOPROXY", "http_proxy", "HTTPS_PROXY"]);
  });

  it("is the daemon's own, without what is not allowed, where nothing was submitted", async () => {
    expect(await made({ PATH: "/daemon", LC_ALL: "C", OTHER: "x" }).of(run, [])).toEqual({
      PATH: "/daemon",
      LC_ALL: "C",
    });
  });

  it("is refused while others can read the file of keys", async () => {
    writeFileSync(join(home, "env"), "KEY=v\n");
    chmodSync(join(home, "env"), 0o640);
    await expect(made({}).of(run, ["KEY"])).rejects.toMatchObject({ code: "environment-file-open" });
    expect(await made({}).of(run, [])).toEqual({});
  });
});

describe("a file of keys", () => {
  it("has one a line, the value as it stands", () => {
    const text = "# comment\n\nA=1\r\nB= two = 2 \nC=\n";
    expect(parseEnvironment(text, "env")).toEqual({ A: "1", B: " two = 2 ", C: "" });
  });

  it("is refused with the line's number, and without what stands there", () => {
    expect(() => parseEnvironment("A=1\nsecret-without-a-name", "env")).toThrow("env:2 is not NAME=value");
  });
});
