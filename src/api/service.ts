import type { z } from "zod";
import type { Event } from "../domain/event.ts";
import { OperationalError } from "../std/operational-error.ts";
import { requests, type Answers, type Method } from "./contract.ts";

/** What stands behind the contract: one function a method, with parsed parameters. `left` aborts when the client has gone. */
export type Methods = {
  readonly [M in Method]: (params: z.output<(typeof requests)[M]>, left: AbortSignal) => Promise<Answers[M]>;
};

export interface Feed {
  readonly run: string;
  /** Events behind this one. */
  readonly after: number;
  /** The next events are read when it resolves. */
  readonly onEvents: (events: readonly Event[]) => Promise<void>;
  /** All there is was told, and more may come. Called once. */
  readonly onWaiting?: () => void;
  readonly signal: AbortSignal;
}

export interface Service {
  readonly methods: Methods;
  /** The run's whole id; throws `unknown-run`. */
  findRun(id: string): string;
  /** Resolves when the run rests, or `signal` aborts. */
  follow(feed: Feed): Promise<void>;
}

export function isMethod(name: string): name is Method {
  return Object.hasOwn(requests, name);
}

/** Parses, then asks the service. */
export async function dispatch(
  { methods }: Service,
  method: Method,
  params: unknown,
  left: AbortSignal,
): Promise<unknown> {
  const parsed = requests[method].safeParse(params);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OperationalError({
      code: "invalid-request",
      what: `The request ${method} is not valid: ${(issue?.path ?? []).join(".")}: ${issue?.message ?? "unknown"}`,
      next: "nightcrew --help",
    });
  }
  const handler = methods[method] as (data: unknown, left: AbortSignal) => Promise<unknown>;
  return handler(parsed.data, left);
}
