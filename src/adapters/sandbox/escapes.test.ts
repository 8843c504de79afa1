import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  eventually,
  listening,
  makeGround,
  nameServer,
  processesIn,
  real,
  run,
  type Ground,
} from "../../../test/rig/sandboxed.ts";
import { noSandbox, type SandboxPolicy } from "./sandbox.ts";
import { knownSecretPlaces } from "./secret-places.ts";

const sandbox = await real();
const there = sandbox.name === "bubblewrap";
const node = process.execPath;

interface Field {
  readonly ground: Ground;
}
const field: { current: Field | null } = { current: null };
const ground = (): Ground => {
  if (field.current === null) throw new Error("not set up");
  return field.current.ground;
};
beforeEach(() => {
  field.current = { ground: makeGround() };
});
afterEach(() => ground().remove());

/** What a script prints, and whether it got what it wanted: it exits with 0 only then. */
async function attempt(
  argv: readonly string[],
  changes: Partial<SandboxPolicy> = {},
): Promise<{ bare: boolean; inside: boolean; said: string }> {
  const policy = ground().policy(changes);
  const bounded = await run(argv, { sandbox, policy });
  expect(bounded.ending.kind).not.toBe("not-started");
  const bare = await run(argv, { sandbox: noSandbox, policy });
  const worked = (ending: typeof bare.ending): boolean => ending.kind === "code" && ending.code === 0;
  return { bare: worked(bare.ending), inside: worked(bounded.ending), said: bounded.stdout };
}

/** Which of the paths a script got what it wanted with. */
async function ways(
  paths: readonly string[],
  script: string,
  changes: Partial<SandboxPolicy> = {},
): Promise<{ bare: string[]; inside: string[] }> {
  const policy = ground().policy(changes);
  const each = ["sh", "-c", `for way; do { ${script}; } 2>/dev/null && echo "$way"; done; echo over`, "sh", ...paths];
  const worked = async (of: typeof sandbox): Promise<string[]> => {
    const lines = (await run(each, { sandbox: of, policy })).stdout.trim().split("\n");
    expect(lines.pop()).toBe("over");
    return lines;
  };
  return { inside: await worked(sandbox), bare: await worked(noSandbox) };
}

const isTemporary = (path: string): boolean => ["/tmp/", "/var/tmp/"].some((folder) => path.startsWith(folder));

const refused = { bare: true, inside: false };
const sh = (script: string): string[] => ["sh", "-c", script];
const js = (script: string): string[] => [node, "-e", script];

// Every attempt is made twice: what is refused inside must work without a sandbox, or the test would show nothing.
describe.runIf(there)("out of its sandbox a command cannot", () => {
  it("write to the user's repository, by whatever path it takes there", async () => {
    const { repo, workspace } = ground();
    symlinkSync(repo, join(workspace, "link"));
    const paths = [join(repo, "file"), "link/file", "../../../../../../repo/file"];
    expect(await ways(paths, 'echo mine >> "$way"')).toEqual({ bare: paths, inside: [] });
    expect(readFileSync(join(repo, "file"), "utf8")).toBe("the user's\nmine\nmine\nmine\n");
  });

  it("write to a repository that it may read", async () => {
    const { repo } = ground();
    const readable = [repo];
    const paths = [".git/hooks/pre-commit", ".git/hooks/post-commit", ".git/config"].map((path) => join(repo, path));
    expect(await ways(paths, 'echo mine >> "$way"', { readable })).toEqual({ bare: paths, inside: [] });
    expect(await attempt(sh(`cat '${repo}/.git/config'`), { readable })).toMatchObject({ bare: true, inside: true });
  });

  it.each([
    ["rewrite", "echo 'gitdir: /elsewhere' > .git"],
    ["remove", "rm -f .git && test ! -e .git"],
    ["move", "mv .git moved"],
    ["replace", "mkdir mine && mv -T mine .git 2>/dev/null || { rm .git && git init -q .; }"],
  ])("%s the pointer to its repository", async (_, script) => {
    expect(await attempt(sh(script))).toMatchObject(refused);
  });

  it("write anywhere else on the machine", async () => {
    const policy = ground().policy();
    const places = [join(ground().root, "planted"), `/tmp/nightcrew-planted-${process.pid}`];
    try {
      for (const place of places) {
        const { ending } = await run(sh(`echo mine > '${place}'`), { sandbox, policy });
        // Its own temporary folder is another one: what it writes there is nobody's, also where this repository lies in it.
        expect([place, ending.kind === "code" && ending.code === 0]).toEqual([place, isTemporary(place)]);
        expect(existsSync(place)).toBe(false);
        await run(sh(`echo mine > '${place}'`), { sandbox: noSandbox, policy });
        expect(existsSync(place)).toBe(true);
      }
    } finally {
      for (const place of places) rmSync(place, { force: true });
    }
  });

  it("change a setting of the machine", async () => {
    // Opened for writing, and closed without a byte.
    const open = `require("fs").closeSync(require("fs").openSync("/proc/sys/kernel/core_pattern", "r+"))`;
    const { inside, bare } = await attempt(js(open));
    expect(inside).toBe(false);
    if (process.getuid?.() === 0) expect(bare).toBe(true);
  });

  it.each([
    ["a key", ".ssh/id"],
    ["a password", ".netrc"],
    ["nightcrew's store", ".local/state/nightcrew/store.db"],
    ["another workspace", ".local/state/nightcrew/workspaces/two/tree/file"],
  ])("read %s of the user", async (_, path) => {
    const { home, workspace } = ground();
    symlinkSync(join(home, path), join(workspace, "link"));
    const paths = [
      `${home}/${path}`,
      "link",
      `../../../../../../${path}`,
      `/proc/self/root${home}/${path}`,
      `/proc/self/cwd/../../../../../../${path}`,
    ];
    expect(await ways(paths, 'grep -q planted-secret "$way"')).toEqual({ bare: paths, inside: [] });
  });

  it("read a secret within a folder that it may read", async () => {
    const { home } = ground();
    const opened = { readable: [home], hidden: [home, ...knownSecretPlaces(home)] };
    expect(await attempt(sh(`cat '${home}/.ssh/id'`), opened)).toMatchObject(refused);
    expect(await attempt(sh(`test -s '${home}/.netrc'`), opened)).toMatchObject(refused);
  });

  it("look into a process of the host, or end it", async () => {
    const { home } = ground();
    const host = spawn("sleep", ["600"], {
      env: { PATH: process.env["PATH"], HOST_SECRET: "of-the-host" },
      stdio: "ignore",
    });
    await once(host, "spawn");
    const ended = once(host, "exit");
    const pid = host.pid ?? 0;
    expect(await attempt(sh(`grep -q of-the-host /proc/${pid}/environ`))).toMatchObject(refused);
    expect(await attempt(sh(`cat /proc/${pid}/root${home}/.ssh/id`))).toMatchObject(refused);
    expect(
      await attempt(sh(`for one in /proc/[0-9]*; do cat $one/root${home}/.ssh/id 2>/dev/null && exit 0; done; exit 1`)),
    ).toMatchObject(refused);
    expect(await attempt(sh(`kill -9 ${pid}`))).toMatchObject(refused);
    await ended;
    expect(host.signalCode).toBe("SIGKILL");
  });

  it("trace its supervisor, or mount anything, or have a namespace of its own to do it in", async () => {
    const mounting = sh("mkdir -p mnt && mount -t tmpfs none mnt && umount mnt");
    const root = process.getuid?.() === 0;
    expect(await attempt(mounting)).toMatchObject({ bare: root, inside: false });
    expect(await attempt(sh("unshare -Ur true"))).toMatchObject({ inside: false });
    expect(
      (await run(sh("umount $HOME || umount -l /tmp"), { sandbox, policy: ground().policy() })).ending,
    ).not.toEqual({ kind: "code", code: 0 });
    const capabilities = await run(sh("grep -E 'Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/self/status"), {
      sandbox,
      policy: ground().policy(),
    });
    expect(capabilities.stdout.match(/\t\w+/g)).toEqual([
      "\t0000000000000000",
      "\t0000000000000000",
      "\t0000000000000000",
      "\t1",
    ]);
  });

  it("connect to the host by its loopback, an abstract socket or a socket in a folder it may see", async () => {
    const { root } = ground();
    const path = join(root, "daemon.sock").length < 100 ? join(root, "daemon.sock") : "";
    const abstract = `\0nightcrew-test-${process.pid}`;
    const servers = await Promise.all([
      listening({ host: "127.0.0.1", port: 0 }),
      listening({ path: abstract }),
      listening({ path }),
    ]);
    const [port] = servers.map((server) => (server.address() as { port?: number }).port);
    const connecting = (to: string): string[] =>
      js(`require("net").connect(${to}).on("connect", () => process.exit(0)).on("error", () => process.exit(1))`);
    try {
      expect(await attempt(connecting(`${port}, "127.0.0.1"`))).toMatchObject(refused);
      expect(await attempt(connecting(JSON.stringify({ path: abstract })))).toMatchObject(refused);
      expect(await attempt(connecting(JSON.stringify({ path })))).toMatchObject(refused);
      // With the host's network a socket's file is all there is to hide.
      const host = { network: { kind: "host" } } as const;
      expect(await attempt(connecting(JSON.stringify({ path })), host)).toMatchObject(refused);
      expect(await attempt(connecting(`${port}, "127.0.0.1"`), host)).toMatchObject({ bare: true, inside: true });
    } finally {
      for (const server of servers) server.close();
    }
  });

  it("see a network card, or send a datagram anywhere", async () => {
    const cards = js(
      `process.exit(Object.keys(require("os").networkInterfaces()).some((name) => name !== "lo") ? 0 : 1)`,
    );
    expect((await attempt(cards)).inside).toBe(false);
    const resolving = js(`const { Resolver } = require("dns"); const r = new Resolver({ timeout: 500, tries: 1 });
      r.setServers(["127.0.0.1:" + process.argv[1]]); r.resolve4("example.com", (e, a) => process.exit(a ? 0 : 1))`);
    const server = await nameServer();
    try {
      expect(await attempt([...resolving, String(server.port)])).toMatchObject(refused);
    } finally {
      server.close();
    }
  });

  it("write more than its share", async () => {
    const megabyte = 1024 ** 2;
    const hog = js(`const kept = []; for (let n = 0; n < 300; n++) kept.push(Buffer.alloc(${megabyte}, 1))`);
    expect(await attempt(hog, { memoryBytes: 250 * megabyte })).toMatchObject(refused);
    expect(await attempt(hog, { memoryBytes: 1500 * megabyte })).toMatchObject({ bare: true, inside: true });
    expect(await attempt(sh("head -c 3000000 /dev/zero > large"), { fileSizeBytes: 2 * megabyte })).toMatchObject(
      refused,
    );
    expect(await attempt(sh("head -c 3000000 /dev/zero > large"), { fileSizeBytes: 4 * megabyte })).toMatchObject({
      inside: true,
    });
  });

  it("fork without end", async () => {
    // A hundred that live at the same time; a bomb that is let off bare would be one.
    const forks = js(`const { spawn } = require("child_process"); let failed = 0; const all = [];
      for (let n = 0; n < 100; n++) { const one = spawn("sleep", ["30"]); one.on("error", () => failed++); all.push(one); }
      setImmediate(() => { for (const one of all) one.kill("SIGKILL"); process.exit(failed > 0 ? 1 : 0); })`);
    expect(await attempt(forks, { maxProcesses: 60 })).toMatchObject(refused);
    expect(await attempt(forks, { maxProcesses: 400 })).toMatchObject({ inside: true });
  });

  it("outlive the process that supervises it", async () => {
    const { workspace } = ground();
    const wrapped = await sandbox.wrap(
      sh("setsid sh -c 'readlink /proc/self/ns/pid > on; exec sleep 600' & sleep 600"),
      { PATH: process.env["PATH"] },
      ground().policy(),
    );
    const script = `const [command, ...args] = JSON.parse(process.argv[1]);
      require("child_process").spawn("/usr/bin/setpriv", ["--pdeathsig", "KILL", "--", command, ...args], { cwd: ${JSON.stringify(workspace)}, detached: true, stdio: "ignore" });
      setInterval(() => {}, 1000)`;
    const supervisor = spawn(node, ["-e", script, JSON.stringify(wrapped.argv)], { stdio: "ignore" });
    await eventually(() => existsSync(join(workspace, "on")) && readFileSync(join(workspace, "on"), "utf8") !== "");
    const namespace = readFileSync(join(workspace, "on"), "utf8").trim();
    expect(processesIn(namespace).length).toBeGreaterThanOrEqual(2);
    supervisor.kill("SIGKILL");
    await eventually(() => processesIn(namespace).length === 0);
    await wrapped.close();
  });
});
