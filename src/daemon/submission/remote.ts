import type { PlanRequest } from "../../api/contract.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { distance } from "../../adapters/git/follow-remote.ts";
import { Git, nulSeparated } from "../../adapters/git/git.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { Fetched } from "../../adapters/git/remote.ts";
import type { Remotes } from "../../adapters/git/remotes.ts";
import { isAncestor, targetTip } from "../../adapters/git/target.ts";
import { isLogin, pick, type Environment } from "../../domain/environment.ts";
import type { RemoteFailure } from "../../domain/failure.ts";
import { remoteFailureText } from "../../domain/present/remote-text.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { plural } from "../../std/text.ts";
import type { FoundTarget } from "./preflight.ts";

/** Where what lands is pushed to, as it was when the run was submitted. */
export interface ChosenRemote {
  readonly name: string;
  readonly seen: Fetched;
  /** By which git logs in there; never written down. */
  readonly login: Environment;
  readonly notes: readonly string[];
  /** Why nothing may begin: what lands could not be pushed. */
  readonly refusal: OperationalError | null;
}

interface Facts {
  readonly remotes: Remotes;
  readonly repository: FoundRepository;
  readonly objects: ObjectServer;
  readonly found: FoundTarget;
  readonly settings: Environment;
}

/** Null: nothing is pushed, and no remote is asked for anything. */
export async function chooseRemote(
  request: Pick<PlanRequest, "remote" | "login">,
  config: Config,
  facts: Facts,
): Promise<ChosenRemote | null> {
  const name = request.remote ?? config.remote;
  if (name === undefined || name === "none") return null;
  const { checkout, place } = facts.repository;
  const git = new Git({ cwd: checkout });
  refuseUnusable(name, await remoteSettings(git));
  const login = pick(request.login ?? {}, isLogin);
  const environment = { ...facts.settings, ...login };
  const { commonDir } = place;
  const { target } = facts.found;
  const seen = await facts.remotes.fetchAt({ checkout, commonDir, remote: name, target, environment });
  const found = seen.kind === "failed" ? refused(unreachable(seen.failure)) : await compared(name, seen.commit, facts);
  return { name, seen, login, ...found };
}

type Found = Pick<ChosenRemote, "notes" | "refusal">;

interface Setting {
  readonly remote: string;
  readonly key: string;
  readonly value: string;
}

async function remoteSettings(git: Git): Promise<Setting[]> {
  const output = await git.maybe(["config", "-z", "--get-regexp", "^remote\\..*\\.(url|pushurl|fetch|mirror)$"]);
  return nulSeparated(output ?? "").flatMap((entry) => {
    const [, remote, key, value] = /^remote\.([^\n]+)\.(\w+)\n(.*)$/s.exec(entry) ?? [];
    return remote === undefined || key === undefined || value === undefined ? [] : [{ remote, key, value }];
  });
}

function refuseUnusable(name: string, settings: readonly Setting[]): void {
  const known = [...new Set(settings.filter(({ key }) => key.endsWith("url")).map(({ remote }) => remote))];
  if (!known.includes(name)) {
    throw new OperationalError({
      code: "unknown-remote",
      what: `The repository has no remote ${JSON.stringify(name)}`,
      why: known.length === 0 ? "it has none at all" : `it has ${known.join(", ")}`,
      next:
        known.length === 0
          ? `make it: git remote add ${name} ADDRESS`
          : "name one of them: --remote NAME, or --remote none",
    });
  }
  // git itself would move the branches here when it fetches or pushes.
  const mirrors = ({ remote, key, value }: Setting): boolean =>
    remote === name && (key === "mirror" ? value !== "false" : key === "fetch" && /:refs\/(?:\*|heads\/)/.test(value));
  if (settings.some(mirrors)) {
    throw new OperationalError({
      code: "mirror-remote",
      what: `The remote ${name} mirrors this repository`,
      why: "git writes over branches here whatever they hold",
      next: `make another one for it: git remote add NAME ADDRESS, then --remote NAME`,
    });
  }
}

async function compared(
  remote: string,
  there: string | null,
  { repository, objects, found: { target, makes } }: Facts,
): Promise<Found> {
  if (there === null) return { notes: [`${remote} has no branch ${target}: the first push makes it`], refusal: null };
  const git = new Git({ gitDir: repository.place.commonDir });
  const here = (await targetTip(git, objects, target))?.tip ?? makes?.commit ?? there;
  const { ahead, behind } = await distance(git, here, there);
  if (await isAncestor(git, there, here)) {
    const along = `${plural(ahead, "commit")} of ${target} that ${remote} does not have ${ahead === 1 ? "goes" : "go"} along with the first push`;
    return { notes: ahead === 0 ? [] : [along], refusal: null };
  }
  if (await isAncestor(git, here, there)) {
    const note = `${target} is ${plural(behind, "commit")} behind ${remote}, and is brought there first; this plan is read from the checkout as it is`;
    return { notes: [note], refusal: null };
  }
  const why = `${plural(ahead, "commit")} only here, ${plural(behind, "commit")} only there`;
  return refused(diverged(remote, target, why));
}

function refused(refusal: OperationalError): Found {
  return { notes: [`it cannot begin: ${refusal.message}: ${refusal.why ?? ""}`], refusal };
}

function unreachable(failure: RemoteFailure): OperationalError {
  return new OperationalError({
    code: `remote-${failure.cause}`,
    what: `What lands could not be pushed to ${failure.remote}`,
    why: remoteFailureText(failure),
    next: `see whether this works: git fetch ${failure.remote} ${failure.target}; without it: --remote none`,
  });
}

function diverged(remote: string, target: string, why: string): OperationalError {
  return new OperationalError({
    code: "remote-diverged",
    what: `${target} here and on ${remote} have diverged`,
    why,
    next: `bring them together: git pull --rebase ${remote} ${target}; or land without it: --remote none`,
  });
}
