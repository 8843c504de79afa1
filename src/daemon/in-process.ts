import { join } from "node:path";
import type { Transport } from "../api/client.ts";
import type { Method } from "../api/contract.ts";
import { homeFolder } from "./home.ts";
import { DaemonService } from "./service.ts";

/** The daemon in the client's own process. A socket takes this function's place; nothing else changes. */
export function connectInProcess(): Promise<Transport> {
  const service = new DaemonService({
    home: homeFolder(process.env),
    // All bundles lie in one folder.
    runnerFile: join(__dirname, "runner.cjs"),
    threadFile: join(__dirname, "source-reader.cjs"),
    onBug: (error) => {
      // A broken invariant ends the process; what is running goes on and is taken up by the next one.
      queueMicrotask(() => {
        throw error;
      });
    },
  });
  return Promise.resolve({
    call: (method, params) => call(service, method, params),
    follow: (run, after, onEvents) => service.follow(run, after, onEvents),
    close: () => service.close(),
  });
}

/** Methods that change nothing, asked by our own command line, which has checked what it passes on: a schema would only add its loading time. */
const reading: ReadonlySet<Method> = new Set(["plan", "status", "runs", "tasks", "events", "logs", "report", "doctor"]);

async function call(service: DaemonService, method: Method, params: unknown): Promise<unknown> {
  if (reading.has(method)) return (service.methods[method] as (params: unknown) => Promise<unknown>)(params);
  const { dispatch } = await import("../api/server.ts");
  return dispatch(service.methods, method, params);
}
