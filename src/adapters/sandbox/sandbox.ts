import type { Ending } from "../../domain/judge-attempt.ts";

/** What a command inside may reach. */
export type NetworkPolicy =
  | { readonly kind: "none" }
  | {
      readonly kind: "hosts";
      /**
       * `host`, `*.host` (whatever lies below it, not itself) or an address, each with an optional `:port`; without one
       * 80 and 443 are meant. Addresses of this machine and of private networks are reached only when named as such:
       * `127.0.0.1:4000`.
       */
      readonly allow: readonly string[];
      /** Told to whoever is refused: where an entry is to be added. */
      readonly allowedIn?: string;
      /** The user's own proxy variables, which what is allowed goes through. */
      readonly environment?: NodeJS.ProcessEnv;
    }
  | { readonly kind: "host" };

/** The HOME that a command sees. */
export interface HomePolicy {
  /** The path of the user's HOME, which the private one takes the place of. */
  readonly path: string;
  /** Files relative to it that are copied into the private one; those that are not there are passed over. */
  readonly credentials: readonly string[];
  /** Where the private one lies, and stays; null: it goes with the command. What is in it already is left as it is. */
  readonly keptIn: string | null;
}

/** What a command may see, write, reach and use. All paths are absolute; those that do not exist are passed over. */
export interface SandboxPolicy {
  /** A folder of this command's own, for the private HOME and sockets. It is not seen inside. */
  readonly folder: string;
  /** The working directory, which it may write to. */
  readonly workspace: string;
  /** Further files and folders that it may write to: outbox, scratch, the agent's own repository. */
  readonly writable: readonly string[];
  /** Files and folders that it may read, also where the folder they are in is hidden. */
  readonly readable: readonly string[];
  /** Folders that are seen at other paths than their own, and cannot be written to there. */
  readonly shown: readonly Shown[];
  /** Empty folders of this command's own, in memory; also in what is shown. */
  readonly scratch: readonly string[];
  /** Relative to the workspace: what is in it, but cannot be changed, moved or removed, such as the `.git` pointer. */
  readonly readOnly: readonly string[];
  /** The agent's own repository, which it may write to; null where it has none. */
  readonly agentGit: string | null;
  readonly home: HomePolicy;
  /** Files and folders that are not seen. What the lists above name is seen all the same, with what is in it. */
  readonly hidden: readonly string[];
  readonly network: NetworkPolicy;
  /** Of one process: private memory it may write to. For root also of all together, where it can make control groups. Null: no limit. */
  readonly memoryBytes: number | null;
  /** Of one file. */
  readonly fileSizeBytes: number | null;
  /** Of all together. */
  readonly maxProcesses: number | null;
}

/** A folder of the host, and where it is seen. */
export interface Shown {
  readonly at: string;
  readonly from: string;
}

/** A connection that was refused. */
export interface Refusal {
  readonly host: string;
  readonly port: number;
  readonly count: number;
}

/** A command as it is to be started. */
export interface Wrapped {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Connections that were refused so far, by host and port; at most a hundred of them. */
  refusals(): readonly Refusal[];
  /** What it used up, for people (`60 processes`); only where control groups count it. To be called before `close`. */
  limitsReached(): readonly string[];
  /** How the command itself ended, told from how its sandbox did. To be called when it is over, before `close`. */
  ending(ending: Ending): Ending;
  /**
   * Waits until nothing of what it started is left, then lets go of sockets and the private HOME. To be called once, when
   * the command is over, and before anybody looks at what it wrote.
   */
  close(): Promise<void>;
}

/** Keeps a command that nobody trusts within bounds. */
export interface Sandbox {
  readonly name: "bubblewrap" | "none";
  /**
   * The command, such that it runs within `policy` once it is started with the returned environment. A program that is not
   * there is left as it is, so that its start fails by its own name. Throws where the folder of the policy cannot be written to.
   */
  wrap(argv: readonly string[], env: NodeJS.ProcessEnv, policy: SandboxPolicy): Promise<Wrapped>;
}

/** No bounds at all, for platforms without any and for those who want none. */
export const noSandbox: Sandbox = {
  name: "none",
  wrap: (argv, env) => Promise.resolve(asItIs(argv, env)),
};

/** A command nothing was changed about. */
export function asItIs(argv: readonly string[], env: NodeJS.ProcessEnv): Wrapped {
  return {
    argv,
    env,
    refusals: () => [],
    limitsReached: () => [],
    ending: (ending) => ending,
    close: () => Promise.resolve(),
  };
}
