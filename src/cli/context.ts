import { Client, type Connect } from "../api/client.ts";
import type { Output } from "./output/terminal.ts";

/** What a command has to work with. */
export interface Context {
  readonly connect: Connect;
  readonly output: Output;
  readonly cwd: string;
}

/** Runs `work` with a client, and lets go of the daemon afterwards, whatever happened. */
export async function withClient<T>({ connect }: Context, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(await connect());
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export interface JsonOption {
  readonly json?: boolean;
}

/** The exit codes of the command-line contract that commands return. */
export type ExitCode = 0 | 1 | 2;
