import { Client } from "../api/client.ts";
import type { Answers, Method, Params } from "../api/contract.ts";
import { findHome } from "../api/home.ts";
import { SocketTransport } from "../api/socket-transport.ts";
import { isSetting, pick } from "../domain/environment.ts";
import type { Output } from "./output/terminal.ts";
import { showingTheWait } from "./output/waiting.ts";

export interface Program {
  readonly version: string;
  /** The daemon's program. */
  readonly daemonFile: string;
}

/** What a command has to work with. */
export interface Context {
  readonly program: Program;
  readonly output: Output;
  readonly cwd: string;
}

/** A client of the home's daemon, which is started where none answers. */
export function clientOf({ program, output }: Context): Client {
  const home = findHome(process.env);
  const start = async (): Promise<void> => {
    const { startDaemon } = await import("./daemon/start-daemon.ts");
    await startDaemon(home, program.daemonFile);
  };
  const onRestart = (): void => output.note(`the daemon was gone; another one goes on (why: ${home.log})`);
  const { version } = program;
  return new Client(new SocketTransport({ socket: home.socket, version, log: home.log, start, onRestart }));
}

/**
 * One question to the daemon. On a terminal it is said while the answer is waited for: only for commands that have printed
 * nothing but whole lines by then, and nothing else writes meanwhile.
 */
export function askDaemon<M extends Method>(context: Context, method: M, params: Params<M>): Promise<Answers[M]> {
  return showingTheWait(context.output, () => clientOf(context).call(method, params));
}

/** Where a command is given: what `plan`, `doctor` and the like have to know of it. Of keys only the names. */
export function terminalOf({ cwd }: Context): Terminal {
  return { cwd, environment: pick(process.env, isSetting), variables: setVariables() };
}

/** Names of the variables that hold anything. */
export function setVariables(): string[] {
  const set = Object.keys(process.env).filter((name) => process.env[name] !== "");
  return set.slice(0, 5_000);
}

export interface Terminal {
  readonly cwd: string;
  readonly environment: Record<string, string>;
  readonly variables: string[];
}

export interface JsonOption {
  readonly json?: boolean;
}

/** The exit codes of the command-line contract that commands return, but for those that end as another program does; 130 is a follower that was left with Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;
