import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect } from "vitest";
import {
  asked,
  config,
  eventually,
  gate,
  jsonLines,
  kill,
  test,
  type Repository,
  type Sandbox,
} from "../rig/sandbox.ts";

const oneTask = "- [ ] one\n";
const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

/** Waits until the test writes `go`; `started` lists each agent that began. */
function waits(root: string): string {
  return `echo "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" >> '${root}/started'
    until [ -e '${root}/go' ]; do sleep 0.02; done; ${writesItsFile}`;
}

function waiting(sandbox: Sandbox, roadmap = oneTask): Repository {
  return sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(waits(sandbox.root), gate) });
}

function begun(sandbox: Sandbox, count: number): Promise<void> {
  const file = sandbox.path("started");
  return eventually(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length > count, `${count} agents`);
}

interface Status {
  readonly pid: number | null;
  readonly generation: number | null;
  readonly listening: string | null;
  readonly socket: string;
  readonly startedAt: number | null;
  readonly daemonVersion: string | null;
}

async function statusOf(sandbox: Sandbox): Promise<Status> {
  const { code, stdout } = await sandbox.nightcrew(["daemon", "status", "--json"]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Status;
}

describe("daemon", () => {
  test("status starts nothing; start, stop and logs do what they say", async ({ sandbox }) => {
    const none = { version: 1, pid: null, generation: null, startedAt: null };
    expect(await statusOf(sandbox)).toMatchObject(none);
    expect(existsSync(sandbox.home)).toBe(false);
    expect((await sandbox.nightcrew(["daemon", "start"])).stdout).toMatch(/^started: process \d+\n$/);
    const status = await statusOf(sandbox);
    expect(status).toMatchObject({ generation: 1, socket: `${sandbox.home}/daemon.sock`, listening: null });
    expect(sandbox.daemons()).toEqual([status.pid]);
    expect((await sandbox.nightcrew(["daemon", "start"])).stdout).toContain(`runs already: process ${status.pid}`);
    expect([sandbox.home, `${sandbox.home}/daemon.sock`].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600,
    ]);
    const stopped = await sandbox.nightcrew(["daemon", "stop"]);
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
    expect(stopped.stdout).toContain(`stopped: process ${status.pid}`);
    expect(sandbox.daemons()).toEqual([]);
    expect(await statusOf(sandbox)).toMatchObject(none);
    expect((await sandbox.nightcrew(["daemon", "stop"])).stdout).toBe("no daemon was running\n");
    const logs = await sandbox.nightcrew(["daemon", "logs"]);
    expect(logs.stdout).toMatch(
      /started: nightcrew .* generation 1\n.* stopped: SIGTERM(, not all was closed within 3 s)?\n$/,
    );
    await sandbox.nightcrew(["status"]);
    expect(await statusOf(sandbox)).toMatchObject({ generation: 2 });
  });

  test("is one, however many commands need it at once", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask });
    // Twenty at once may keep the one that has the home from answering for as long as it is usually waited for.
    const patient = { AGENT_LOCK_TIMEOUT: "60" };
    const ended = await Promise.all(Array.from({ length: 20 }, () => repo.run(["status"], patient)));
    expect(new Set(ended.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(new Set(["0 "]));
    // Those that were too late are leaving.
    await eventually(() => sandbox.daemons().length === 1, "one daemon");
    expect(sandbox.daemons()).toEqual([await sandbox.daemonPid()]);
    expect(await statusOf(sandbox)).toMatchObject({ generation: 1 });
  });

  test("goes on in a run after stop and start, with the agents where they were", async ({ sandbox }) => {
    const repo = waiting(sandbox, "- [ ] one\n- [ ] two\n");
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    await begun(sandbox, 2);
    await sandbox.nightcrew(["daemon", "stop"]);
    sandbox.write("go", "");
    await sandbox.nightcrew(["daemon", "start"]);
    expect((await repo.run(["status", "--watch"])).stdout).toContain("2/2 landed");
    expect(readFileSync(sandbox.path("started"), "utf8").trim().split("\n").sort()).toEqual(["1-1", "2-1"]);
  });

  test("that is stopped is not started again by who follows a run", async ({ sandbox }) => {
    const repo = waiting(sandbox);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 1);
    const log = repo.start(["logs", "1", "--follow", "--json"]);
    await log.saw('"ended":false');
    await sandbox.nightcrew(["daemon", "stop"]);
    for (const { code, stdout, stderr } of [await run.ended, await log.ended]) {
      expect(code).toBe(1);
      expect(stdout + stderr).toContain("goes on when there is one again");
    }
    expect(sandbox.daemons()).toEqual([]);
    sandbox.write("go", "");
    await eventually(() => sandbox.processes().length === 0, "the runner leaves");
  });

  test("that does not answer any more is replaced, and does nothing when it is continued", async ({ sandbox }) => {
    const repo = waiting(sandbox);
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    await begun(sandbox, 1);
    const old = await sandbox.daemonPid();
    process.kill(old, "SIGSTOP");
    const begin = Date.now();
    const status = await repo.run(["status"]);
    expect(status.code).toBe(0);
    expect(Date.now() - begin).toBeLessThan(30_000);
    kill(old, "SIGCONT");
    // On a busy machine more than one was started to replace it: one has the home, the others leave.
    await eventually(() => sandbox.daemons().length === 1, "one daemon is left");
    expect(sandbox.daemons()).toEqual([await sandbox.daemonPid()]);
    expect(await sandbox.daemonPid()).not.toBe(old);
    sandbox.write("go", "");
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
    expect(repo.landings()).toHaveLength(1);
    expect((await sandbox.nightcrew(["daemon", "logs"])).stdout).toContain(
      `process ${old} has the home and did not answer within`,
    );
  });

  test("that does not answer can be asked for and stopped", async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    const pid = await sandbox.daemonPid();
    process.kill(pid, "SIGSTOP");
    expect(await statusOf(sandbox)).toMatchObject({ pid, answers: false });
    expect((await sandbox.nightcrew(["daemon", "stop"])).stdout).toContain(`stopped: process ${pid}`);
    expect(sandbox.daemons()).toEqual([]);
  });

  test("ends at a broken invariant; who asked is told of the log", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(writesItsFile, gate) });
    await sandbox.nightcrew(["daemon", "start"]);
    const database = new DatabaseSync(`${sandbox.home}/store.db`);
    database.exec("PRAGMA busy_timeout = 20000; DROP TABLE event");
    database.close();
    const { code, stderr } = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(code).toBe(70);
    expect(stderr).toContain(`look at its log: ${sandbox.home}/daemon.log`);
    expect((await sandbox.nightcrew(["daemon", "logs"])).stdout).toContain("bug, ending: Error: no such table: event");
  });

  test("ends by itself when its home is gone", async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    sandbox.write("home/owner.2", '{"pid":1}');
    await eventually(() => sandbox.daemons().length === 0, "the daemon leaves");
  });

  test("holds nothing of the terminal that needed it: a pipe ends with its command", async ({ sandbox }) => {
    const repo = waiting(sandbox);
    const { stdout } = await repo.run(["run", "ROADMAP.md", "--yes", "--detach", "--json"]);
    expect(jsonLines(stdout)).toMatchObject([{ version: 1, run: sandbox.newestRun() }]);
    sandbox.write("go", "");
    await repo.run(["status", "--watch"]);
  });

  test("does not notice a closed terminal: the run is completed", async ({ sandbox }) => {
    const repo = waiting(sandbox);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await begun(sandbox, 1);
    run.child.kill("SIGHUP");
    expect((await run.ended).signal).toBe("SIGHUP");
    for (const pid of sandbox.daemons()) kill(pid, "SIGHUP");
    sandbox.write("go", "");
    expect((await repo.run(["status", "--watch"])).stdout).toContain("1/1 landed");
  });
});

describe("a run that was detached", () => {
  test("prints its id, and what to do next beside it", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(writesItsFile, gate) });
    const { code, stdout, stderr } = await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${sandbox.newestRun()}\n`);
    expect(stderr).toContain("nightcrew status --watch");
    await repo.run(["status", "--watch"]);
  });

  test("is begun once, however often the same request arrives", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(writesItsFile, gate) });
    await repo.run(["status"]);
    const submission = { cwd: repo.path, sources: ["Title"], key: "0123abcd" };
    const answers = await Promise.all([1, 2, 3].map(() => sandbox.api("/v1/submit", submission)));
    expect(new Set(answers.map(({ json }) => json["run"]))).toHaveLength(1);
    expect((await repo.run(["runs"])).stdout.trim().split("\n")).toHaveLength(1);
    await repo.run(["status", "--watch"]);
  });
});

describe("followers", () => {
  test("see the same events, whenever they come and however they ask", async ({ sandbox }) => {
    const repo = waiting(sandbox);
    const first = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await begun(sandbox, 1);
    const id = sandbox.newestRun();
    const second = repo.start(["status", "--watch", "--json"]);
    const log = repo.start(["logs", id, "--follow"]);
    const agent = repo.start(["logs", "1", "--follow", "--json"]);
    await Promise.all([second.saw('"event"'), log.saw("attempt 1")]);
    sandbox.write("go", "");
    const eventsOf = (text: string): unknown[] => jsonLines(text).flatMap(({ event }) => event ?? []);
    const [one, two, three, four] = await Promise.all([first.ended, second.ended, log.ended, agent.ended]);
    expect(eventsOf(two.stdout)).toEqual(eventsOf(one.stdout));
    expect(eventsOf(one.stdout).length).toBeGreaterThan(8);
    // Also of one that is over, where it is named.
    const late = await repo.run(["status", id, "--watch", "--json"]);
    expect(eventsOf(late.stdout)).toEqual(eventsOf(one.stdout));
    expect(three.stdout.match(/run: finished/g)).toHaveLength(1);
    expect(jsonLines(four.stdout).at(-1)).toMatchObject({ ended: true });
  });

  test("of the API go on behind the event they saw last", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(writesItsFile, gate) });
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const path = `/v1/runs/${sandbox.newestRun()}/events`;
    const all = await sandbox.api(path);
    const ids = [...all.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    expect(all.text.trimEnd().endsWith("event: rest\ndata: {}")).toBe(true);
    const rest = await sandbox.api(path, undefined, { headers: { "Last-Event-ID": "3" } });
    expect(/^id: (\d+)$/m.exec(rest.text)?.[1]).toBe("4");
    expect(all.text.endsWith(rest.text)).toBe(true);
    expect((await sandbox.api("/v1/runs/20260101-000000-00000000/events")).status).toBe(404);
  });
});

describe("the API", () => {
  test("says what is wrong with a request, and stays", async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    const pid = await sandbox.daemonPid();
    const answers = await Promise.all([
      sandbox.api("/v1/status", "{not json"),
      sandbox.api("/v1/status", { run: 7 }),
      sandbox.api("/v1/status", { unknown: 1 }),
      sandbox.api("/v1/nothing", {}),
      sandbox.api("/nothing"),
      sandbox.api("/v1/status"),
      sandbox.api("/v1/health", {}),
      sandbox.api("/v1/health", undefined, { headers: { origin: "http://localhost" } }),
      sandbox.api("/v1/health", undefined, { headers: { "nightcrew-version": "0.0.1" } }),
    ]);
    expect(answers.map(({ status, json }) => [status, json["code"]])).toEqual([
      [400, "malformed-json"],
      [400, "invalid-request"],
      [400, "invalid-request"],
      [404, "no-such-route"],
      [404, "no-such-route"],
      [405, "method-not-allowed"],
      [405, "method-not-allowed"],
      [403, "foreign-origin"],
      [409, "other-version"],
    ]);
    const other = answers.at(-1)?.json;
    expect(other?.["what"]).toMatch(/nightcrew 0\.1\.0.*nightcrew 0\.0\.1/);
    expect(other?.["next"]).toContain("nightcrew daemon stop");
    expect((await sandbox.api("/v1/health")).json).toMatchObject({ version: 1, pid, generation: 1 });
    const description = (await sandbox.api("/openapi.json")).json;
    expect(Object.keys(description["paths"] as object)).toContain("/v1/submit");
  });

  test("refuses a large body without keeping it", async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    const pid = await sandbox.daemonPid();
    const before = residentKb(pid);
    for (const headers of [{}, { "Transfer-Encoding": "chunked" }]) {
      const { status, code } = await sendLarge(sandbox, headers);
      // Who sends on may not get to read the answer.
      if (status !== 0) expect({ status, code }).toEqual({ status: 413, code: "too-large" });
    }
    expect(residentKb(pid) - before).toBeLessThan(30_000);
    expect((await sandbox.api("/v1/health")).json).toMatchObject({ pid });
  });

  test("outlives who sends half a request", async ({ sandbox }) => {
    await sandbox.nightcrew(["daemon", "start"]);
    const pid = await sandbox.daemonPid();
    for (const text of ["\0\0\0", "POST /v1/status HTTP/1.1\r\nContent-Length: 10\r\n\r\n{", "GET "]) {
      await new Promise<void>((resolve) => {
        const socket = connect(`${sandbox.home}/daemon.sock`, () => socket.end(text));
        socket.once("close", () => resolve()).on("error", () => undefined);
        socket.resume();
        setTimeout(() => socket.destroy(), 200);
      });
    }
    expect((await sandbox.api("/v1/health")).json).toMatchObject({ pid });
  });

  test("is on TCP only where asked for, on this machine, with a token", async ({ sandbox }) => {
    const open = await sandbox.nightcrew(["daemon", "start", "--listen", "0.0.0.0:0"]);
    expect(open).toMatchObject({ code: 2, stdout: "" });
    expect(open.stderr).toContain("Not an address of this machine alone");
    expect((await sandbox.nightcrew(["daemon", "start", "--listen", "127.0.0.1:0"])).code).toBe(0);
    const { listening } = await statusOf(sandbox);
    const [host = "", port = ""] = listening?.split(":") ?? [];
    const token = sandbox.read("home/token").trim();
    expect(statSync(sandbox.path("home/token")).mode & 0o777).toBe(0o600);
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await asked({ host, port, path: "/v1/health", headers }, "")).status;
    const authorization = `Bearer ${token}`;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: "Bearer wrong" })).toBe(401);
    expect(await ask({ authorization })).toBe(200);
    expect(await ask({ authorization, host: "evil.example" })).toBe(403);
    expect(await ask({ authorization, origin: "http://evil.example" })).toBe(403);
    const again = await sandbox.nightcrew(["daemon", "start", "--listen", "127.0.0.1:0"]);
    expect(again.stderr).toContain("runs already");
  });
});

describe("a home", () => {
  test("whose path is too long for a socket is refused before anything is made", async ({ sandbox }) => {
    const home = sandbox.path("h".repeat(120));
    const { code, stderr } = await sandbox.nightcrew(["status"], { env: { NIGHTCREW_HOME: home } });
    expect(code).toBe(2);
    expect(stderr).toContain("NIGHTCREW_HOME=DIR");
    expect(existsSync(home)).toBe(false);
  });

  test("that cannot be made is refused by every command that needs it", async ({ sandbox }) => {
    // Not even root may make a folder there.
    const { code, stderr } = await sandbox.nightcrew(["status"], { env: { NIGHTCREW_HOME: "/sys/nightcrew" } });
    expect(code).toBe(2);
    expect(stderr).toContain("choose another place: NIGHTCREW_HOME=DIR");
  });

  test("whose store is of no use says so through the command that started the daemon", async ({ sandbox }) => {
    sandbox.write("home/store.db", "this is no database, and has never been one");
    const { code, stderr } = await sandbox.nightcrew(["status"]);
    expect(code).toBe(2);
    expect(stderr).toContain("The store cannot be opened");
  });
});

describe("the environment of an agent", () => {
  const script = `env | sort > "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT.env"; [ "$MY_KEY" = hush""-hush ] || exit 3`;
  // It writes its key down, which the diff policy would refuse.
  const policy = "policy: {rules: {secrets: off}}\n";
  const yaml = config(script, `${gate}${policy}`).replace("    command", "    env: [MY_KEY]\n    command");

  test("is that of the terminal the run was submitted from, not of the one that started the daemon", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    await sandbox.nightcrew(["daemon", "start"], { env: { TZ: "Asia/Tokyo", OTHER: "not for agents" } });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"], { MY_KEY: "hush-hush", TZ: "Europe/Oslo" });
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^note: MY_KEY: .*in memory only.*\/env/);
    expect(run.stderr.trimEnd().split("\n")).toHaveLength(1);
    const seen = repo.read("1-1.env");
    expect(seen).toContain("TZ=Europe/Oslo\n");
    expect(seen).not.toContain("not for agents");
    // The agent itself wrote it down in its work; nothing of ours did.
    expect(holding(sandbox, "hush-hush").filter((file) => !file.includes("/workspaces/"))).toEqual([]);
  });

  test("has its keys from the home's file `env` after a restart, which only its owner may read", async ({
    sandbox,
  }) => {
    const file = sandbox.write("home/env", "# keys\nMY_KEY=hush-hush\n");
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml });
    chmodSync(file, 0o644);
    const open = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(open.code).toBe(2);
    expect(open.stderr).toContain(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("daemon install", () => {
  test("writes a unit of systemd, over its own but not over another's", async ({ sandbox }) => {
    const base = sandbox.path("user/a config");
    const env = { XDG_CONFIG_HOME: base, NIGHTCREW_HOME: sandbox.path('a "100%" home') };
    const printed = await sandbox.nightcrew(["daemon", "install", "--print"], { env });
    expect(printed.stdout).toContain("Restart=on-failure");
    expect(printed.stdout).toContain(`Environment="NIGHTCREW_HOME=${sandbox.root}/a \\"100%%\\" home"`);
    expect(printed.stdout).toMatch(/^ExecStart="\/.*node" "\/.*daemon\.js"$/m);
    expect(existsSync(base)).toBe(false);
    const file = `${base}/systemd/user/nightcrew.service`;
    for (let time = 0; time < 2; time++) {
      const written = await sandbox.nightcrew(["daemon", "install"], { env });
      expect(written.code).toBe(0);
      expect(written.stdout).toContain("systemctl --user enable --now nightcrew.service");
      expect(written.stdout).toContain("loginctl enable-linger");
      expect(readFileSync(file, "utf8")).toBe(printed.stdout);
    }
    writeFileSync(file, "[Unit]\n");
    const foreign = await sandbox.nightcrew(["daemon", "install"], { env });
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toContain("--force");
    expect((await sandbox.nightcrew(["daemon", "install", "--force"], { env })).code).toBe(0);
    expect(existsSync(env.NIGHTCREW_HOME)).toBe(false);
  });
});

/** Files of the home and the folder of the user that hold a text. */
function holding(sandbox: Sandbox, text: string): string[] {
  mkdirSync(sandbox.home, { recursive: true });
  return sandbox.files(sandbox.home).filter((file) => readFileSync(file).includes(text));
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** 50 MB, written as fast as they are taken; status 0 where the connection was ended meanwhile. */
function sendLarge(
  sandbox: Sandbox,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly code: unknown }> {
  const block = Buffer.alloc(1024 * 1024, " ");
  const blocks = 50;
  const length = headers["Transfer-Encoding"] === undefined ? { "Content-Length": String(blocks * block.length) } : {};
  return new Promise((resolve) => {
    const options = { socketPath: `${sandbox.home}/daemon.sock`, path: "/v1/status", method: "POST" };
    const sent = request({ ...options, headers: { ...headers, ...length } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.once("close", () => {
        sent.destroy();
        const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: answer.statusCode ?? 0, code: body["code"] });
      });
    });
    sent.once("error", () => resolve({ status: 0, code: null }));
    const write = (left: number): void => {
      if (left === 0) sent.end();
      else if (!sent.destroyed) sent.write(block, () => write(left - 1));
    };
    write(blocks);
  });
}
