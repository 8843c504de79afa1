import { chmod } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Home } from "../api/home.ts";
import { makeApp, type Guard } from "../api/app.ts";
import type { HealthView } from "../api/views.ts";
import { AlertHook } from "../adapters/alerts/alert-hook.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { crashPoint } from "../engine/crash-point.ts";
import { isNoRoom } from "../adapters/files/no-room.ts";
import { StoreBackup } from "../adapters/store/store-backup.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Beat } from "./beat.ts";
import { describe, type DaemonLog } from "./daemon-log.ts";
import { IssueWatch } from "./issue-watch.ts";
import { SourceWatch } from "./source-watch.ts";
import { ConflictWatch } from "./conflict-watch.ts";
import { Decider, type DeciderParts } from "./decider.ts";
import { guardSocket, guardTcp, readToken } from "./guards.ts";
import { homeUnwritable } from "./home-unwritable.ts";
import { Keeper } from "./keeping/keeper.ts";
import { retentionOf } from "./keeping/retention.ts";
import { listenOnSocket, listenOnTcp } from "./listen.ts";
import type { Ownership } from "./owner-lock.ts";
import { RunEnvironments } from "./run-environments.ts";
import { DaemonService } from "./service.ts";
import { workerLimits } from "./worker-limits.ts";
import type { TcpPlace } from "./tcp-place.ts";

/** A bound: on a busy machine neither this process nor who is told may have its turn at once. */
const lastWordMs = 1_000;
/** An agent that is asked for a plan has a second to end by itself. */
const askedOutMs = 3_000;

export interface DaemonParts {
  readonly home: Home;
  readonly ownership: Ownership;
  readonly version: string;
  readonly log: DaemonLog;
  readonly beat: Beat;
  /** Where the bundles are. */
  readonly dist: string;
  readonly listen: TcpPlace | null;
  /** Started by a command: its environment is that of some terminal, and will be another one's the next time. */
  readonly forCommand: boolean;
  /** Told of a broken invariant of the engine: nothing is decided after it. */
  readonly onBug: (error: unknown) => void;
}

export interface Daemon {
  readonly health: HealthView;
  /** Lets go of everything but what runs. */
  stop(): Promise<void>;
}

type DaemonMeans = Pick<DeciderParts, "beat" | "reader" | "code" | "environments" | "alerts" | "runnerFile" | "limits">;

function meansOf({ home: { folder }, dist, beat }: DaemonParts, log: (line: string) => void): DaemonMeans {
  return {
    beat,
    reader: new RoadmapReader(join(dist, "source-reader.cjs")),
    code: {
      threadFile: join(dist, "code-graph.cjs"),
      grammarFolder: join(dist, "grammars"),
      cacheFolder: join(folder, "code"),
    },
    environments: new RunEnvironments({ home: folder, runs: new RunFolders(folder).runs, own: process.env }),
    alerts: new AlertHook(folder, process.env, log),
    runnerFile: join(dist, "runner.cjs"),
    limits: workerLimits(process.env),
  };
}

/** Opens the store, takes up what was unfinished, and answers. */
export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { home, ownership, version, dist } = parts;
  const startedAt = Date.now();
  const retention = retentionOf(process.env);
  await chmod(home.folder, 0o700);
  const log = (line: string): void => parts.log.line(line);
  const means = meansOf(parts, log);
  const { reader, environments, alerts } = means;
  const decider = await Decider.start({ home: home.folder, ownership, ...means, onBug: parts.onBug, onProblem: log });
  const holds = (): boolean => ownership.holds();
  const keeper = new Keeper({ home: home.folder, decider, holds, retention, log: parts.log });
  const watches = watchesOf(decider, parts);
  const lasting = (name: string): boolean => !parts.forCommand && process.env[name] !== undefined;
  const ending = new AbortController();
  const stopping = ending.signal;
  const service = new DaemonService({
    home: home.folder,
    decider,
    alerts,
    reader,
    environments,
    keeper,
    lasting,
    stopping,
  });
  let listening: string | null = null;
  const health = (): HealthView => {
    const { generation } = ownership;
    return { version: 1, daemonVersion: version, pid: process.pid, generation, startedAt, listening };
  };
  const appFor = (guard: Guard): ReturnType<typeof makeApp> =>
    makeApp({
      service,
      version,
      health,
      openApiFile: join(dist, "openapi.json"),
      guard,
      stopping,
      onBug: (error) => requestBug(error, parts),
    });
  const servers: Server[] = [];
  if (parts.listen !== null) {
    const { server, at } = await listenOnTcp(appFor(guardTcp(await readToken(home.folder))), parts.listen);
    servers.push(server);
    listening = at;
  }
  await decider.recover();
  keeper.recover();
  for (const watch of watches) watch.recover();
  crashPoint("daemon/before-listening");
  servers.push(await listenOnSocket(appFor(guardSocket), home.socket));
  const threadFile = join(dist, "store-backup.cjs");
  const backup = new StoreBackup({ file: decider.storeFile, threadFile, log });
  return {
    health: health(),
    stop: async () => {
      ending.abort();
      const copied = backup.stop();
      // Followers are told that there is nobody to wait for; then they leave, or are left.
      await Promise.race([Promise.all(servers.map(closed)), delay(lastWordMs)]);
      for (const server of servers) server.closeAllConnections();
      await Promise.race([service.askedOut(), delay(askedOutMs, undefined, { ref: false })]);
      for (const watch of watches) watch.stop();
      keeper.stop();
      // Before the home is anybody else's: it is one file that both would write.
      await copied;
      await decider.stop();
    },
  };
}

/** They look at what changes by itself, and tell the engine. */
function watchesOf(decider: Decider, { log, beat }: DaemonParts): { recover(): void; stop(): void }[] {
  return [
    new ConflictWatch({ decider, log }),
    new SourceWatch(decider, log, beat).rounds,
    new IssueWatch(decider, log, beat).rounds,
  ];
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A bug while answering one request says nothing about what is decided elsewhere: it is logged, and told. */
function requestBug(error: unknown, { log, home }: DaemonParts): OperationalError {
  if (isNoRoom(error)) return homeUnwritable(home, error);
  log.line(`bug in a request: ${describe(error)}`);
  return new OperationalError({
    code: "bug",
    what: "This is a bug in nightcrew",
    why: error instanceof Error ? error.message : String(error),
    next: `it is in the log: ${home.log}`,
    exitCode: 70,
  });
}
