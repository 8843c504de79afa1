import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubWorld } from "../rig/github.ts";
import { BeadsTracker } from "../../src/adapters/trackers/beads.ts";
import { SeedsTracker } from "../../src/adapters/trackers/seeds.ts";
import { TrackerAway, type Tracker } from "../../src/adapters/trackers/tracker.ts";

/** A tracker with the issues `one` and `two`, of which `two` waits for `one`. */
interface World {
  readonly tracker: Tracker;
  /** As whoever uses the tracker sees it. */
  readonly statusOf: (id: string) => Promise<string | null>;
  readonly said: (id: string) => Promise<string>;
  /** Somebody else takes it. */
  readonly takes: (id: string) => Promise<void>;
  readonly closes: (id: string) => Promise<void>;
  /** Gives the id of an issue that is not there any more. */
  readonly removes: (id: string) => Promise<string>;
  readonly one: string;
  readonly two: string;
  readonly leave: () => Promise<void>;
}

const claimed = { kind: "claimed" } as const;
const us = "20260101-120000-00000000/one";
const them = "20260101-120000-11111111/one";

/** What every tracker does. */
function keepsTheContract(name: string, begin: () => Promise<World>): void {
  describe(`the tracker ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await begin();
    });
    afterEach(() => world.leave());

    it("lists what is to be done, and what that waits for", async () => {
      const { issues } = await world.tracker.list({ ids: [world.one, world.two], others: true });
      const [one, two] = [world.one, world.two].map((id) => issues.find((issue) => issue.id === id));
      expect(one).toMatchObject({ status: "open", title: "Do one", blockedBy: [] });
      expect(two).toMatchObject({ status: "open", title: "Do two", blockedBy: [world.one] });
    });

    it("tells whether something has changed, and what is lost to whom", async () => {
      const { now, ids } = await world.tracker.changes(null);
      expect(ids).toBeNull();
      expect((await world.tracker.changes(now)).ids).toEqual([]);
      await world.tracker.close(world.one, us, "Landed");
      const { ids: changed } = await world.tracker.changes(now);
      expect(changed === null || changed.includes(world.one)).toBe(true);
      const holders = (holder: string): Map<string, string> =>
        new Map([world.one, world.two].map((id) => [id, holder]));
      expect(await world.tracker.losses(holders(us))).toEqual(new Map());
      expect(await world.tracker.losses(holders(them))).toEqual(new Map([[world.one, { reason: "closed" }]]));
    });

    it("closes with a word, once", async () => {
      await world.tracker.close(world.one, us, "Landed as abc");
      await world.tracker.close(world.one, us, "Landed as abc");
      expect(await world.statusOf(world.one)).toBe("closed");
      expect((await world.said(world.one)).match(/Landed as abc/g)).toHaveLength(1);
      const { issues } = await world.tracker.list({ ids: [world.one, world.two], others: true });
      expect(issues.find(({ id }) => id === world.two)?.blockedBy.filter((id) => openIn(issues, id))).toEqual([]);
    });

    it("opens what it closed and was taken back, and nothing else", async () => {
      await world.tracker.close(world.one, us, "Landed");
      expect(await world.tracker.reopen(world.one, them, "Not done", null)).toBe("kept");
      expect(await world.statusOf(world.one)).toBe("closed");
      expect(await world.tracker.reopen(world.one, us, "Taken back", null)).toBe("open");
      expect(await world.statusOf(world.one)).toBe("open");
    });

    it("says of what somebody has, closed or deleted that it is not to be begun, and of others that it is", async () => {
      expect(await world.tracker.claim(world.one, us, true)).toEqual({ kind: "seen" });
      await world.tracker.close(world.one, us, "Landed");
      expect(await world.tracker.claim(world.one, them, true)).toEqual({ kind: "lost", loss: { reason: "closed" } });
      await world.takes(world.two);
      expect(await world.tracker.claim(world.two, us, true)).toMatchObject({ loss: { reason: "taken" } });
      const gone = await world.removes(world.two);
      expect(await world.tracker.claim(gone, us, true)).toEqual({ kind: "lost", loss: { reason: "gone" } });
      expect(await world.tracker.reopen(gone, us, "Not done", null)).toBe("kept");
    });
  });
}

/** And what those do that can be written to. */
function claims(name: string, begin: () => Promise<World>): void {
  describe(`the tracker ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await begin();
    });
    afterEach(() => world.leave());

    it("lets an issue be claimed once, and by the same one again", async () => {
      expect(await world.tracker.claim(world.one, us, false)).toEqual(claimed);
      expect(await world.statusOf(world.one)).toBe("in_progress");
      expect(await world.tracker.claim(world.one, us, false)).toEqual(claimed);
      expect(await world.tracker.claim(world.one, them, false)).toMatchObject({
        kind: "lost",
        loss: { reason: "taken" },
      });
    });

    it("only looks where that is asked", async () => {
      expect(await world.tracker.claim(world.one, us, true)).toEqual({ kind: "seen" });
      expect(await world.statusOf(world.one)).toBe("open");
    });

    it("opens what was claimed or closed, with the reason, once", async () => {
      await world.tracker.claim(world.one, us, false);
      expect(await world.tracker.reopen(world.one, us, "Not done: red", null)).toBe("open");
      expect(await world.tracker.reopen(world.one, us, "Not done: red", null)).toBe("open");
      expect(await world.statusOf(world.one)).toBe("open");
      expect((await world.said(world.one)).match(/Not done: red/g)).toHaveLength(1);
      expect(await world.tracker.claim(world.one, them, false)).toEqual(claimed);
      await world.tracker.close(world.one, them, "Landed");
      expect(await world.tracker.reopen(world.one, them, "Taken back", null)).toBe("open");
      expect(await world.statusOf(world.one)).toBe("open");
    });

    it("lets the one that closed it claim it again, where it could not be opened", async () => {
      await world.tracker.close(world.one, us, "Landed");
      expect(await world.tracker.claim(world.one, us, false)).toEqual(claimed);
      expect(await world.statusOf(world.one)).toBe("in_progress");
    });

    it("keeps closed what somebody closed while it was ours, and lets go of it", async () => {
      await world.tracker.claim(world.one, us, false);
      await world.closes(world.one);
      expect(await world.tracker.claim(world.one, us, true)).toEqual({ kind: "lost", loss: { reason: "closed" } });
      expect(await world.tracker.reopen(world.one, us, "Not done", 0)).toBe("kept");
      expect(await world.statusOf(world.one)).toBe("closed");
      const { issues } = await world.tracker.list({ ids: [world.one], others: false });
      expect(issues.find(({ id }) => id === world.one)?.holder).not.toBe(us);
    });

    it("leaves what is somebody else's as it is", async () => {
      await world.tracker.claim(world.one, them, false);
      expect(await world.tracker.reopen(world.one, us, "Not done", null)).toBe("kept");
      expect(await world.statusOf(world.one)).toBe("in_progress");
      await world.takes(world.two);
      expect(await world.tracker.reopen(world.two, us, "Not done", null)).toBe("kept");
      expect(await world.statusOf(world.two)).toBe("in_progress");
    });

    it("leaves for a person what was given back too often", async () => {
      await world.tracker.claim(world.one, us, false);
      expect(await world.tracker.reopen(world.one, us, "First", 1)).toBe("open");
      await world.tracker.claim(world.one, them, false);
      expect(await world.tracker.reopen(world.one, them, "Second", 1)).toBe("left");
      expect(await world.tracker.reopen(world.one, them, "Second", 1)).toBe("left");
      expect(await world.statusOf(world.one)).toBe("in_progress");
      expect(await world.said(world.one)).toContain("Second");
      const byPerson = { reason: "taken", by: "a person: it was tried too often" };
      expect(await world.tracker.claim(world.one, us, false)).toMatchObject({ loss: byPerson });
    });

    it("takes a comment", async () => {
      await world.tracker.comment(world.one, "By the way");
      expect(await world.said(world.one)).toContain("By the way");
      expect(await world.statusOf(world.one)).toBe("open");
    });
  });
}

function openIn(issues: readonly { readonly id: string; readonly status: string }[], id: string): boolean {
  return issues.find((issue) => issue.id === id)?.status !== "closed";
}

const at = "2026-01-01T00:00:00.000Z";

/** The lines of a file, and what is known of them. */
function fileWorld(folder: string, file: string) {
  const lines = (): Record<string, unknown>[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith('{"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const find = (id: string): Record<string, unknown> | undefined => lines().findLast((issue) => issue["id"] === id);
  const write = (issues: readonly unknown[]): void =>
    writeFileSync(file, issues.map((issue) => `${JSON.stringify(issue)}\n`).join(""));
  return {
    find,
    write,
    statusOf: async (id: string) => (find(id)?.["status"] as string | undefined) ?? null,
    said: async (id: string) => {
      const found = find(id) as { closeReason?: string; close_reason?: string; extensions?: unknown };
      const { close_reason = "", closeReason = close_reason, extensions } = found;
      return closeReason === "" ? JSON.stringify(extensions ?? {}) : closeReason;
    },
    takes: async (id: string) =>
      write(lines().map((issue) => (issue["id"] === id ? { ...issue, status: "in_progress", assignee: "x" } : issue))),
    closes: async (id: string) =>
      write(lines().map((issue) => (issue["id"] === id ? { ...issue, status: "closed", closedAt: at } : issue))),
    removes: async (id: string) => {
      write(lines().filter((issue) => issue["id"] !== id));
      return id;
    },
    leave: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

const twoSeeds = [
  {
    id: "a-1",
    title: "Do one",
    status: "open",
    type: "task",
    priority: 1,
    blocks: ["a-2"],
    createdAt: at,
    updatedAt: at,
  },
  {
    id: "a-2",
    title: "Do two",
    status: "open",
    type: "bug",
    priority: 9,
    blockedBy: ["a-1"],
    createdAt: at,
    updatedAt: at,
  },
];

function seedsWorld() {
  const folder = mkdtempSync(join(tmpdir(), "seeds-"));
  const file = join(folder, "issues.jsonl");
  const world = { ...fileWorld(folder, file), folder, file, one: "a-1", two: "a-2" };
  world.write(twoSeeds);
  return { ...world, tracker: new SeedsTracker(folder, () => new Date(at)) };
}

keepsTheContract("seeds", async () => seedsWorld());
claims("seeds", async () => seedsWorld());
keepsTheContract("GitHub", githubWorld);
claims("GitHub", githubWorld);
keepsTheContract("beads", async () => beadsWorld());

const twoBeads = [
  { id: "bd-1", title: "Do one", status: "open", priority: 1, issue_type: "task", created_at: at, content_hash: "x" },
  {
    id: "bd-2",
    title: "Do two",
    status: "open",
    priority: 2,
    issue_type: "bug",
    created_at: at,
    dependencies: [
      { issue_id: "bd-2", depends_on_id: "bd-1", type: "blocks" },
      { issue_id: "bd-2", depends_on_id: "bd-9", type: "related" },
    ],
  },
];

function beadsWorld() {
  const folder = mkdtempSync(join(tmpdir(), "beads-"));
  const file = join(folder, "issues.jsonl");
  const world = { ...fileWorld(folder, file), folder, file, one: "bd-1", two: "bd-2" };
  world.write(twoBeads);
  return { ...world, tracker: new BeadsTracker(folder, "issues.jsonl", () => new Date(at)) };
}

it.each([
  ["seeds", seedsWorld, (folder: string) => new SeedsTracker(folder, () => new Date(at), ["agent", "ui"])],
  [
    "beads",
    beadsWorld,
    (folder: string) => new BeadsTracker(folder, "issues.jsonl", () => new Date(at), ["agent", "ui"]),
  ],
] as const)("issues of %s are chosen by their labels, where these are named", async (_, begin, open) => {
  const world = begin();
  world.write([
    { id: "x-1", title: "x", labels: ["Agent", "ui"] },
    { id: "x-2", title: "x", labels: ["agent"] },
    { id: "x-3", title: "x" },
  ]);
  const { issues } = await open(world.folder).list();
  expect(issues.map(({ unfit }) => unfit)).toEqual([null, "it has no label ui", "it has no label agent"]);
  await world.leave();
});

describe("the file of beads", () => {
  it("has what is put off, deleted or no work left alone, and what is closed known anew", async () => {
    const world = beadsWorld();
    const more = [
      { id: "bd-3", title: "x", status: "tombstone" },
      { id: "bd-4", title: "x", status: "deferred" },
      { id: "bd-5", title: "x", status: "open", issue_type: "epic" },
      { id: "bd-6", title: "x", status: "hooked", assignee: "y" },
      { id: "bd-7", title: "x", description: null, acceptance_criteria: "A", dependencies: null },
      { id: "bd-8", title: "x", status: "open", defer_until: "2026-01-02T00:00:00Z" },
      { id: "bd-9", title: "x", status: "open", defer_until: "2025-12-31T00:00:00Z" },
      { id: "bd-a", title: "x", status: "open", pinned: true },
      { id: "bd-b", title: "x", status: "open", is_template: true },
    ];
    world.write([...twoBeads, ...more]);
    const { issues } = await world.tracker.list();
    const told = issues.map(({ id, status, unfit, barred }) => [id, status, barred ?? unfit]);
    expect(told.slice(2)).toEqual([
      ["bd-4", "open", "it is deferred"],
      ["bd-5", "open", "it is of type epic"],
      ["bd-6", "in_progress", "it is hooked"],
      ["bd-7", "open", null],
      ["bd-8", "open", "it is put off until 2026-01-02T00:00:00Z"],
      ["bd-9", "open", null],
      ["bd-a", "open", "it is pinned"],
      ["bd-b", "open", "it is a template"],
    ]);
    expect(issues.find(({ id }) => id === "bd-7")?.body).toBe("A");
    await world.tracker.close("bd-1", us, "Landed as abc");
    expect(world.find("bd-1")).toMatchObject({
      status: "closed",
      closed_at: at,
      close_reason: `Landed as abc [${us}]`,
    });
    expect(world.find("bd-1")).not.toHaveProperty("content_hash");
    await expect(world.tracker.comment("bd-1")).rejects.toThrow("Nothing can be said on bd-1");
    await world.leave();
  });

  it("has children wait for what their parents wait for, as bd has it", async () => {
    const world = beadsWorld();
    const child = (id: string, parent: string): object => ({
      id,
      title: "x",
      dependencies: [{ issue_id: id, depends_on_id: parent, type: "parent-child" }],
    });
    world.write([
      ...twoBeads,
      child("bd-3", "bd-2"),
      child("bd-4", "bd-3"),
      child("bd-5", "bd-6"),
      child("bd-6", "bd-5"),
    ]);
    const { issues } = await world.tracker.list();
    const waits = Object.fromEntries(issues.map(({ id, blockedBy }) => [id, blockedBy]));
    expect(waits).toMatchObject({ "bd-2": ["bd-1"], "bd-3": ["bd-1"], "bd-4": ["bd-1"], "bd-5": [], "bd-6": [] });
    await world.leave();
  });
});

describe("the files of seeds", () => {
  it("keep every other line as it was, also what cannot be read, and what others put into an issue", async () => {
    const world = seedsWorld();
    const [one, two] = twoSeeds.map((issue) => JSON.stringify(issue));
    const strange = '{"id":"a-3", "title":  "spaced", "status":"open","convoy":"c","extensions":{"theirs":1}}';
    writeFileSync(world.file, `${one}\r\n{broken\n\n${strange}\n${two}`);
    await world.tracker.claim("a-2", us, false);
    const after = readFileSync(world.file, "utf8").split("\n");
    expect(after.slice(0, 4)).toEqual([`${one}\r`, "{broken", "", strange]);
    expect(JSON.parse(after[4] ?? "")).toMatchObject({ id: "a-2", type: "bug", status: "in_progress", priority: 9 });
    await world.tracker.claim("a-3", us, false);
    expect(world.find("a-3")).toMatchObject({ convoy: "c", extensions: { theirs: 1, nightcrew: { holder: us } } });
    expect((await world.tracker.list()).notes).toEqual([
      ".seeds/issues.jsonl:2 cannot be read as an issue: it is passed over, and stays as it is",
    ]);
    await world.leave();
  });

  it("of several lines with one id have the last one count", async () => {
    const world = seedsWorld();
    world.write([...twoSeeds, { ...twoSeeds[0], title: "Anew" }]);
    const { issues } = await world.tracker.list();
    expect(issues.find(({ id }) => id === "a-1")?.title).toBe("Anew");
    await world.tracker.claim("a-1", us, false);
    expect(readFileSync(world.file, "utf8").split("\n")[0]).toBe(JSON.stringify(twoSeeds[0]));
    expect(await world.statusOf("a-1")).toBe("in_progress");
    await world.leave();
  });

  it("are not written while somebody else has their lock, and are when it is let go, or stale", async () => {
    const world = seedsWorld();
    const lock = `${world.file}.lock`;
    writeFileSync(lock, "");
    const claiming = world.tracker.claim("a-1", us, false);
    // Each reads as much as the claim would.
    for (let reads = 0; reads < 5; reads++) await world.tracker.list();
    expect(await world.statusOf("a-1")).toBe("open");
    rmSync(lock);
    expect(await claiming).toEqual(claimed);
    expect(existsSync(lock)).toBe(false);
    writeFileSync(lock, "");
    utimesSync(lock, new Date(0), new Date(0));
    await world.tracker.close("a-1", us, "Landed");
    expect(await world.statusOf("a-1")).toBe("closed");
    await world.leave();
  });

  it("have a plan follow its issues", async () => {
    const world = seedsWorld();
    const plans = join(world.folder, "plans.jsonl");
    const plan = { id: "pl-1", seed: "a-9", status: "approved", children: ["a-1", "a-2"], updatedAt: "" };
    writeFileSync(plans, `${JSON.stringify(plan)}\n`);
    const status = (): unknown => (JSON.parse(readFileSync(plans, "utf8")) as { status: unknown }).status;
    await world.tracker.claim("a-1", us, false);
    expect(status()).toBe("active");
    await world.tracker.close("a-1", us, "Landed");
    await world.tracker.close("a-2", us, "Landed");
    expect(status()).toBe("done");
    await world.tracker.reopen("a-2", us, "Taken back", null);
    expect(status()).toBe("active");
    await world.leave();
  });

  it("keep bytes that are no UTF-8 as they are, and tell of their line", async () => {
    const world = seedsWorld();
    const [one, two] = twoSeeds.map((issue) => JSON.stringify({ ...issue, title: "Größe 日本" }));
    const latin = Buffer.from('{"id":"a-3","title":"Gr\xf6\xdfe","status":"open"}\n', "latin1");
    writeFileSync(world.file, Buffer.concat([Buffer.from(`\ufeff${one}\n`), latin, Buffer.from(`${two}\n`)]));
    await world.tracker.claim("a-1", us, false);
    const after = readFileSync(world.file);
    expect(after.subarray(after.indexOf("\n") + 1).equals(Buffer.concat([latin, Buffer.from(`${two}\n`)]))).toBe(true);
    expect(world.find("a-1")).toMatchObject({ status: "in_progress", title: "Größe 日本" });
    expect((await world.tracker.list()).notes).toEqual([expect.stringContaining("issues.jsonl:2 cannot be read")]);
    await world.leave();
  });

  it("have no issue whose id is not to be shown, or without end", async () => {
    const world = seedsWorld();
    world.write([
      ...["a\u001b[31m", "a\nb", "a\u202eb", "x".repeat(201), "", 7].map((id) => ({ id, title: "x" })),
      { id: "My Größe-1a2b", title: "y" },
    ]);
    const { issues, notes } = await world.tracker.list();
    expect(issues.map(({ id }) => id)).toEqual(["My Größe-1a2b"]);
    expect(notes).toEqual([expect.stringContaining(":1 and 5 more cannot be read")]);
    await world.leave();
  });

  it("are left to who wrote them just then, lock or no lock", async () => {
    const world = seedsWorld();
    const meddling = new SeedsTracker(world.folder, () => {
      world.write([...twoSeeds, { id: "a-9", title: "Theirs" }]);
      return new Date(at);
    });
    await expect(meddling.claim("a-1", us, false)).rejects.toThrow(TrackerAway);
    expect(world.find("a-9")).toMatchObject({ title: "Theirs" });
    expect(await world.statusOf("a-1")).toBe("open");
    let isMeddled = false;
    const once = new SeedsTracker(world.folder, () => {
      if (!isMeddled) world.write([...twoSeeds, { id: "a-8", title: "Theirs" }]);
      isMeddled = true;
      return new Date(at);
    });
    expect(await once.claim("a-1", us, false)).toEqual(claimed);
    expect(world.find("a-8")).toMatchObject({ title: "Theirs" });
    await world.leave();
  });

  it("are looked at without a lock, where nothing is to be written", async () => {
    const world = seedsWorld();
    writeFileSync(`${world.file}.lock`, "");
    expect(await world.tracker.claim("a-1", us, true)).toEqual({ kind: "seen" });
    expect(existsSync(join(world.folder, "plans.jsonl.lock"))).toBe(false);
    await world.leave();
  });

  it("have an issue whose status is none that is known left alone, and one without any open", async () => {
    const world = seedsWorld();
    world.write([
      { id: "a-1", title: "x", status: "parked" },
      { id: "a-2", title: "x" },
    ]);
    expect((await world.tracker.list()).issues.map(({ status }) => status)).toEqual(["in_progress", "open"]);
    expect(await world.tracker.claim("a-1", us, false)).toMatchObject({ loss: { reason: "taken" } });
    expect(await world.tracker.claim("a-2", us, false)).toEqual(claimed);
    await world.leave();
  });

  it("have no lock taken away that is somebody else's by now", async () => {
    const world = seedsWorld();
    const lock = `${world.file}.lock`;
    const slow = new SeedsTracker(world.folder, () => {
      rmSync(lock);
      writeFileSync(lock, "");
      return new Date(at);
    });
    await slow.claim("a-1", us, false);
    expect(existsSync(lock)).toBe(true);
    await world.leave();
  });

  it("do not have an issue for gone that may be on a line which is only half there", async () => {
    const world = seedsWorld();
    writeFileSync(world.file, `${JSON.stringify(twoSeeds[0])}\n{"id":"a-2","tit`);
    await expect(world.tracker.claim("a-2", us, false)).rejects.toThrow(TrackerAway);
    const taken = new Map([["a-1", { reason: "taken", by: "x" }]]);
    const theirs = { ...twoSeeds[0], status: "in_progress", assignee: "x" };
    writeFileSync(world.file, `${JSON.stringify(theirs)}\n{"id":"a-2","tit`);
    const both = new Map([
      ["a-1", us],
      ["a-2", us],
    ]);
    expect(await world.tracker.losses(both)).toEqual(taken);
    writeFileSync(world.file, "");
    expect(await world.tracker.losses(both)).toEqual(new Map());
    await expect(world.tracker.claim("a-1", us, false)).rejects.toThrow("is empty");
    await world.leave();
  });

  it("say whose an issue is that somebody took over, and leave it to them", async () => {
    const world = seedsWorld();
    await world.tracker.claim("a-1", us, false);
    await world.takes("a-1");
    expect(await world.tracker.losses(new Map([["a-1", us]]))).toEqual(
      new Map([["a-1", { reason: "taken", by: "x" }]]),
    );
    expect(await world.tracker.reopen("a-1", us, "Not done", null)).toBe("kept");
    expect(world.find("a-1")).toMatchObject({ status: "in_progress", assignee: "x" });
    await world.leave();
  });

  it("have what waited for an issue wait again when its landing is taken back", async () => {
    const world = seedsWorld();
    await world.tracker.close("a-1", us, "Landed");
    expect(world.find("a-2")).not.toHaveProperty("blockedBy");
    await world.tracker.reopen("a-1", us, "Taken back", null);
    expect(world.find("a-2")).toMatchObject({ blockedBy: ["a-1"] });
    await world.leave();
  });

  it("are not written by half where a plan cannot follow", async () => {
    const world = seedsWorld();
    writeFileSync(join(world.folder, "plans.jsonl"), "<<<<<<< HEAD\n");
    await expect(world.tracker.claim("a-1", us, false)).rejects.toThrow("plans.jsonl:1 has conflict markers");
    expect(await world.statusOf("a-1")).toBe("open");
    await world.leave();
  });

  it("are not read where their folder leads out of the repository", async () => {
    const world = seedsWorld();
    const repository = mkdtempSync(join(tmpdir(), "repository-"));
    symlinkSync(world.folder, join(repository, ".seeds"));
    const tracker = new SeedsTracker(join(repository, ".seeds"), () => new Date(at));
    await expect(tracker.list()).rejects.toMatchObject({
      why: expect.stringContaining("leads out of the repository") as string,
    });
    await expect(tracker.claim("a-1", us, false)).rejects.toThrow("cannot be read as issues");
    expect(await world.statusOf("a-1")).toBe("open");
    rmSync(repository, { recursive: true });
    await world.leave();
  });

  it("refuse a file with conflict markers, and say where", async () => {
    const world = seedsWorld();
    writeFileSync(world.file, `${JSON.stringify(twoSeeds[0])}\n<<<<<<< HEAD\n`);
    await expect(world.tracker.list()).rejects.toThrow("issues.jsonl:2 has conflict markers");
    await world.leave();
  });
});
