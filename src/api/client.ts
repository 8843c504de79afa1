import type { Event } from "../domain/event.ts";
import type { Answers, Method, Params } from "./contract.ts";

/** How a client reaches the daemon: in the same process here, a socket later. Both carry plain data only. */
export interface Transport {
  call(method: Method, params: unknown): Promise<unknown>;
  /** Calls `onEvents` with the run's events after `after`, in order, until the run rests or `close` is called. */
  follow(run: string, after: number, onEvents: (events: readonly Event[]) => void): Promise<void>;
  close(): Promise<void>;
}

export type Connect = () => Promise<Transport>;

/** The typed client: what it may ask and what comes back is the contract's. */
export class Client {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Rejects with an `OperationalError` for what a person can mend. */
  async call<M extends Method>(method: M, params: Params<M>): Promise<Answers[M]> {
    return (await this.transport.call(method, params)) as Answers[M];
  }

  follow(run: string, after: number, onEvents: (events: readonly Event[]) => void): Promise<void> {
    return this.transport.follow(run, after, onEvents);
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}
