import type { RepositoryPlace } from "../../domain/job.ts";
import { Git } from "../git/git.ts";
import { RefServer } from "../git/ref-server.ts";

/** Has a ref of the user's repository be the commit that keeps an attempt's work, whatever it was before. */
export type KeepUnder = (place: RepositoryPlace, ref: string, tip: string) => Promise<void>;

const reason = "nightcrew: work of an attempt";

export const keepByOwnGit: KeepUnder = async ({ commonDir }, ref, tip) => {
  await new Git({ gitDir: commonDir }).call(["update-ref", "-m", reason, ref, tip]);
};

/** For who keeps the work of one attempt after the other: a git for each is a tenth of what a small one takes. */
export function keepByStayingGit(): KeepUnder {
  const keepers = new Map<string, RefServer>();
  return async (place, ref, tip) => {
    const keeper = keepers.get(place.commonDir) ?? new RefServer(place.commonDir, reason);
    keepers.set(place.commonDir, keeper);
    // It may have died of something else: a git of its own keeps it, or says why not.
    await keeper.set(ref, tip).catch(() => keepByOwnGit(place, ref, tip));
  };
}
