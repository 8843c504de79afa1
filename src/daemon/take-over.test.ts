import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHome, type Home } from "../api/home.ts";
import { identityOf } from "../adapters/process/identity.ts";
import { HomeInUse } from "./owner-lock.ts";
import { takeHome, type Patience } from "./take-over.ts";

/** Answers on the socket, and says `busy` before it computes for so long. */
const owner = `
  const [socket, computeMs] = process.argv.slice(1);
  const server = require("node:http").createServer((_request, response) => response.end("{}"));
  server.listen(socket, () => {
    process.stdout.write("listening");
    process.stdin.once("data", () => {
      require("node:fs").writeSync(1, "busy");
      for (const end = Date.now() + Number(computeMs); Date.now() < end; );
    });
  });`;

const wait: Patience = { answerMs: 300, listenMs: 300, computingMs: 60_000 };

describe("a home whose owner is silent", () => {
  let home: Home;
  let child: ChildProcess;

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), "nightcrew-take-over-"));
    home = findHome({ NIGHTCREW_HOME: folder });
  });

  afterEach(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(home.folder, { recursive: true });
  });

  /** Resolves when it has begun to compute. */
  async function computing(ms: number): Promise<void> {
    child = spawn(process.execPath, ["-e", owner, home.socket, String(ms)], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout ?? child, "data");
    writeFileSync(join(home.folder, "owner.1"), JSON.stringify(identityOf(child.pid ?? 0)));
    child.stdin?.write("compute\n");
    await once(child.stdout ?? child, "data");
  }

  it("is left to one that computes, and answers when it is done", async () => {
    await computing(1_500);
    await expect(takeHome(home, wait, () => undefined)).rejects.toThrow(HomeInUse);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it("is taken from one that is stopped", async () => {
    await computing(60_000);
    child.kill("SIGSTOP");
    const lines: string[] = [];
    const { generation } = await takeHome(home, wait, (line) => lines.push(line));
    expect(generation).toBe(2);
    expect(lines).toEqual([
      `process ${child.pid} has the home and did not answer within 300 ms: it is killed and replaced`,
    ]);
    expect(child.signalCode ?? (await once(child, "exit"))[1]).toBe("SIGKILL");
  });

  it("is taken from one that computes for ever", async () => {
    await computing(60_000);
    const { generation } = await takeHome(home, { ...wait, computingMs: 900 }, () => undefined);
    expect(generation).toBe(2);
  });
});
