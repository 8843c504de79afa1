import type { Event } from "../domain/event.ts";
import type { Answers, Method, Params } from "./contract.ts";

export interface Following {
  readonly run: string;
  /** Events behind this one; 0 is the beginning. */
  readonly after: number;
  readonly onEvents: (events: readonly Event[]) => void;
  /** The daemon has taken it up: its end will be told. May be called again. */
  readonly onOpen?: () => void;
  /** Ends the following, not the run. */
  readonly signal?: AbortSignal;
}

/** How a client reaches the daemon. Plain data only. */
export interface Transport {
  /** Rejects with an `OperationalError` for what a person can mend. */
  call(method: Method, params: unknown): Promise<unknown>;
  /** Hands on the run's events in order, none lost or repeated, until the run rests or `signal` aborts. */
  follow(following: Following): Promise<void>;
}

/** The typed client: what it may ask and what comes back is the contract's. */
export class Client {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async call<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]> {
    return (await this.transport.call(method, params)) as Answers[M];
  }

  follow(following: Following): Promise<void> {
    return this.transport.follow(following);
  }
}
