import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseIssues, type Issue, type IssueWish } from "./issue-choice.ts";

function issue(id: string, own: Partial<Issue> = {}): Issue {
  const words = { title: id, body: "", holder: null, unfit: null, barred: null, url: null, createdAt: "", line: 1 };
  return { tracker: "seeds", place: "/s", id, status: "open", priority: "medium", blockedBy: [], ...words, ...own };
}

const chosen = (issues: readonly Issue[], wish: IssueWish): string[] =>
  chooseIssues(issues, wish).chosen.map(({ id }) => id);

describe("issues are chosen", () => {
  const issues = [
    issue("late", { createdAt: "2" }),
    issue("early", { createdAt: "1" }),
    issue("urgent", { priority: "critical", createdAt: "3" }),
    issue("waits", { priority: "critical", blockedBy: ["urgent"] }),
    issue("free", { blockedBy: ["done"], createdAt: "4" }),
    issue("lost", { blockedBy: ["nowhere"] }),
    issue("done", { status: "closed" }),
    issue("theirs", { status: "in_progress", holder: "x" }),
    issue("epic", { unfit: "it is an epic" }),
    issue("stranger's", { barred: "its author is a stranger" }),
  ];

  it("by priority and age, those that wait for none", () => {
    expect(chosen(issues, { kind: "next", count: 2 })).toEqual(["urgent", "early"]);
    expect(chosen(issues, { kind: "next", count: 9 })).toEqual(["urgent", "early", "late", "free"]);
  });

  it("all, with those they wait for, and without those that wait for others", () => {
    const { chosen: all, leftOut } = chooseIssues(issues, { kind: "all" });
    expect(all.map(({ id }) => id)).toEqual(["waits", "urgent", "early", "late", "free"]);
    expect(leftOut).toEqual([
      { id: "epic", why: "it is an epic" },
      { id: "stranger's", why: "its author is a stranger" },
      { id: "lost", why: "it waits for nowhere, which is not in this plan" },
    ]);
  });

  it("by name, also what is not chosen by itself, but not what nobody may have done", () => {
    const ids = ["epic", "waits", "done", "theirs", "stranger's", "none", "epic"];
    const { chosen: named, leftOut, missing } = chooseIssues(issues, { kind: "named", ids });
    expect(named.map(({ id }) => id)).toEqual(["epic"]);
    expect(missing).toEqual(["none"]);
    expect(Object.fromEntries(leftOut.map(({ id, why }) => [id, why]))).toEqual({
      done: "it is closed",
      theirs: "it is taken by x",
      "stranger's": "its author is a stranger",
      waits: "it waits for urgent, which is not in this plan",
    });
  });

  it("without those that wait for each other in a circle, for themselves, or for one of these", () => {
    const waits = (id: string, ...blockedBy: string[]): Issue => issue(id, { blockedBy });
    const all = [
      waits("a", "b"),
      waits("b", "a", "free"),
      waits("after", "a"),
      waits("self", "self"),
      waits("free"),
      waits("next", "free"),
    ];
    const { chosen: kept, leftOut } = chooseIssues(all, { kind: "all" });
    expect(kept.map(({ id }) => id)).toEqual(["free", "next"]);
    expect(Object.fromEntries(leftOut.map(({ id, why }) => [id, why]))).toEqual({
      a: "it waits for b, in a circle that nothing can begin",
      b: "it waits for a, in a circle that nothing can begin",
      after: "it waits for a, in a circle that nothing can begin",
      self: "it waits for itself",
    });
  });

  it("soon, also where twenty thousand wait for each other in a row, and the first of them in vain", () => {
    const row = Array.from({ length: 20_000 }, (_, at) =>
      issue(`i${at}`, { blockedBy: [at === 0 ? "gone" : `i${at - 1}`] }),
    );
    const { chosen: none, leftOut } = chooseIssues(row, { kind: "all" });
    expect(none).toEqual([]);
    expect(leftOut).toHaveLength(row.length);
    expect(leftOut.at(-1)).toEqual({ id: "i19999", why: "it waits for i19998, which is not in this plan" });
  });

  it("never without what they wait for, however they wait for each other", () => {
    const id = fc.integer({ min: 0, max: 7 }).map(String);
    const status = fc.constantFrom("open", "open", "open", "closed", "in_progress" as const);
    const any = fc.record({ blockedBy: fc.array(id, { maxLength: 3 }), status });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (found) => {
        const all = found.map((own, index) => issue(String(index), own as Partial<Issue>));
        const ids = new Set(chosen(all, { kind: "all" }));
        for (const { id: one, status: of, blockedBy } of all) {
          if (!ids.has(one)) continue;
          expect(of).toBe("open");
          const open = blockedBy.filter((blocker) => all[Number(blocker)]?.status !== "closed");
          expect(open.filter((blocker) => !ids.has(blocker))).toEqual([]);
        }
      }),
    );
  });
});
