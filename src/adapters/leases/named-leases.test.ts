import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaseStaleMs } from "../../domain/lease.ts";
import { ownIdentity } from "../process/identity.ts";
import { leasesIn, readLease, takeLease, type LeaseHolder, type NamedLease } from "./named-leases.ts";

let folder = "";
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "nightcrew-leases-")), "leases");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const own: LeaseHolder = {
  ...ownIdentity(),
  repository: "/r/.git",
  since: 1,
  run: "r",
  task: "1",
  attempt: 2,
  agent: "claude",
  what: "agent",
};

async function taken(name: string): Promise<NamedLease> {
  const got = await takeLease(folder, name, own);
  if ("by" in got) throw new Error(`held by ${got.by.holder.pid}`);
  return got.lease;
}

/** As its holder left it, `ago` after its last sign of life. */
function leave(name: string, token: number, ago: number, holder: Partial<LeaseHolder> = {}): void {
  const aliveAt = Number(process.hrtime.bigint() / 1_000_000n) - ago;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.${token}`), JSON.stringify({ ...own, ...holder, aliveAt }));
}

describe("a lease on a name", () => {
  it("is one holder's until it is released; its token only grows", async () => {
    const first = await taken("db");
    expect(await takeLease(folder, "db", own)).toMatchObject({
      by: { name: "db", token: 1, holder: own, alive: true },
    });
    expect((await taken("other")).token).toBe(1);
    first.release();
    expect(await readLease(folder, "db")).toBe(null);
    expect((await taken("db")).token).toBe(2);
    expect(first.holds()).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(["db.2", "other.1"]);
  });

  it.each([
    ["its holder is gone", 0, { pid: 2 ** 22 + 1 }],
    ["its holder's pid is another process's", 0, { startTime: "1" }],
    ["the machine was booted anew", 0, { bootId: "earlier" }],
    ["its holder lives, and gave no sign of it for an hour", leaseStaleMs + 1_000, {}],
  ])("is taken over where %s", async (_, ago, holder) => {
    leave("db", 7, ago, holder);
    expect(await readLease(folder, "db")).toMatchObject({ token: 7, stale: true });
    expect((await taken("db")).token).toBe(8);
  });

  it("is kept by signs of life, and does not come back by one that is late", async () => {
    leave("db", 1, leaseStaleMs - 60_000);
    const found = await readLease(folder, "db");
    expect(found).toMatchObject({ stale: false });
    const late = await taken("other");
    late.renew();
    leave("other", 1, leaseStaleMs + 1_000);
    const next = await taken("other");
    late.renew();
    late.release();
    expect(late.holds()).toBe(false);
    expect(next.holds()).toBe(true);
    expect((await leasesIn(folder)).map(({ name, token }) => `${name} ${token}`)).toEqual(["db 1", "other 2"]);
  });

  it("renewed says so", async () => {
    const lease = await taken("db");
    const before = readFileSync(join(folder, "db.1"), "utf8");
    leave("db", 1, leaseStaleMs - 1_000);
    lease.renew();
    const text = readFileSync(join(folder, "db.1"), "utf8");
    const at = (content: string): number => (JSON.parse(content) as { aliveAt: number }).aliveAt;
    expect(at(text)).toBeGreaterThanOrEqual(at(before));
  });

  it("goes to exactly one of many at a time", async () => {
    leave("db", 1, 0, { pid: 2 ** 22 + 1 });
    const tries = await Promise.all(Array.from({ length: 30 }, () => takeLease(folder, "db", own)));
    expect(tries.filter((one) => "lease" in one)).toHaveLength(1);
  });

  it("of a torn file is nobody's", async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "db.3"), '{"pid": 1');
    expect(await leasesIn(folder)).toEqual([]);
    expect((await taken("db")).token).toBe(4);
  });
});
