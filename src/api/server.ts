import { OperationalError } from "../std/operational-error.ts";
import { requests, type Answers, type Method } from "./contract.ts";
import type { z } from "zod";

/** What stands behind the contract: one function a method, with parsed parameters. */
export type Service = {
  readonly [M in Method]: (params: z.output<(typeof requests)[M]>) => Promise<Answers[M]>;
};

/** Parses, then asks the service. */
export async function dispatch(service: Service, method: Method, params: unknown): Promise<unknown> {
  const parsed = requests[method].safeParse(params);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OperationalError({
      code: "invalid-request",
      what: `The request ${method} is not valid: ${(issue?.path ?? []).join(".")}: ${issue?.message ?? "unknown"}`,
      next: "nightcrew --help",
    });
  }
  const handler = service[method] as (data: unknown) => Promise<unknown>;
  return handler(parsed.data);
}
