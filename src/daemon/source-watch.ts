import { GitError } from "../adapters/git/git.ts";
import type { RunRow, RunSource } from "../domain/run.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import type { Beat } from "./beat.ts";
import { describe, type DaemonLog } from "./daemon-log.ts";
import type { Decider } from "./decider.ts";
import { Rounds } from "./rounds.ts";
import { changesOf, digestOf, isNews, sourceText, watchedSources, type SourceLooker } from "./source-changes.ts";

const runsLookedAt = 50;
const wakes = ["run.submitted", "run.reopened"] as const;

/** Notices that a roadmap of a run was changed: by a person, or by what came into the target from elsewhere. */
export class SourceWatch {
  private readonly decider: Decider;
  private readonly log: DaemonLog;
  readonly rounds: Rounds;
  /** Digest of what a source said when it was looked at last, by run and name: the same is not read twice. */
  private readonly said = new Map<string, string>();
  /** Digest of what a file that git does not have held in the last look. */
  private readonly held = new Map<string, string>();

  constructor(decider: Decider, log: DaemonLog, beat: Beat) {
    this.decider = decider;
    this.log = log;
    const { engine } = decider;
    this.rounds = new Rounds({ at: "sources", log, engine, beat, wakes, restFactor: 20, look: () => this.look() });
  }

  private async look(): Promise<boolean> {
    const runs = this.decider.store.openRuns(runsLookedAt);
    for (const run of runs) await this.lookAt(run);
    const open = new Set<string>(runs.map(({ id }) => id));
    for (const known of [this.said, this.held])
      for (const key of known.keys()) if (!open.has(key.split("\n", 1)[0] ?? "")) known.delete(key);
    return runs.length > 0;
  }

  /** Who saves a file may have emptied it first: only what two looks find is what it says. A commit is whole. */
  private isSettled({ tracked }: RunSource, key: string, digest: string): boolean {
    if (tracked !== null || this.held.get(key) === digest) return true;
    this.held.set(key, digest);
    return false;
  }

  private async lookAt(run: RunRow): Promise<void> {
    const { reader, servers } = this.decider.means();
    const looker: SourceLooker = { reader, objects: servers.of(run.repository).objects };
    for (const source of watchedSources(run)) {
      const key = `${run.id}\n${source.name}`;
      try {
        const text = await sourceText(run, source, looker);
        if (this.rounds.stopped || text === null) continue;
        const digest = digestOf(text);
        if (this.said.get(key) === digest || !this.isSettled(source, key, digest)) continue;
        this.said.set(key, digest);
        const found = await changesOf(this.decider.store.tasks(run.id), { source, text }, looker);
        if (found === null || this.rounds.stopped || !isNews(found)) continue;
        const { seen, dropped, edited } = found;
        const added = found.added.map(({ title }) => title);
        await this.decider.engine.submit({
          type: "source.changed",
          run: run.id,
          source: source.name,
          seen,
          added,
          dropped,
          edited,
        });
      } catch (error) {
        const isKnown = error instanceof GitError || error instanceof OperationalError || errnoOf(error) !== null;
        if (!isKnown) throw error;
        if (!this.rounds.stopped) this.log.line(`looking at ${source.name} of ${run.id}: ${describe(error)}`);
      }
    }
  }
}
