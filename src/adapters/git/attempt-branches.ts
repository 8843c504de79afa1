import { Git } from "./git.ts";
import { branchRef } from "./target.ts";

export interface AttemptBranch {
  readonly branch: string;
  readonly task: string;
  readonly attempt: number;
  readonly tip: string;
}

/** The branches that keep the work of a run's attempts. Others below the same name are a person's. */
export async function attemptBranches(git: Git, run: string): Promise<AttemptBranch[]> {
  const prefix = branchRef(`nightcrew/${run}/`);
  const answer = await git.text(["for-each-ref", "--format=%(refname) %(objectname)", prefix]);
  return answer.split("\n").flatMap((line) => {
    const [ref = "", tip = ""] = line.split(" ");
    const [, task, attempt] = /^([^/]+)-(\d+)$/.exec(ref.slice(prefix.length)) ?? [];
    if (task === undefined || attempt === undefined) return [];
    return [{ branch: ref.slice(branchRef("").length), task, attempt: Number(attempt), tip }];
  });
}

/** Only where it still is at `tip`. */
export async function removeBranch(git: Git, { branch, tip }: AttemptBranch): Promise<void> {
  await git.call(["update-ref", "-d", branchRef(branch), tip]);
}
