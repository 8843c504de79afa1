import { fileURLToPath } from "node:url";
import type { Transport } from "../api/client.ts";
import { dispatch } from "../api/server.ts";
import { homeFolder } from "./home.ts";
import { DaemonService } from "./service.ts";

/** The daemon in the client's own process. A socket takes this function's place; nothing else changes. */
export function connectInProcess(): Promise<Transport> {
  const service = new DaemonService({
    home: homeFolder(process.env),
    runnerFile: fileURLToPath(new URL("./runner.cjs", import.meta.url)),
    threadFile: new URL("./source-reader.mjs", import.meta.url),
    onBug: (error) => {
      // A broken invariant ends the process; what is running goes on and is taken up by the next one.
      queueMicrotask(() => {
        throw error;
      });
    },
  });
  return Promise.resolve({
    call: (method, params) => dispatch(service.methods, method, params),
    follow: (run, after, onEvents) => service.follow(run, after, onEvents),
    close: () => service.close(),
  });
}
