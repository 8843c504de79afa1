// The store, the engine and the decisions of queues as programs of their own, made anew from the sources.
import path from "node:path";

const project = path.resolve(import.meta.dirname, "../..");

/** Returns the folder with `load.cjs`, `fill.cjs`, `simulate.cjs`, `land.cjs` and `read.cjs`. */
export async function buildEngine(ground) {
  const out = path.join(project, ".build", "bench");
  const tsdown = path.join(project, "node_modules", "tsdown", "dist", "run.mjs");
  const config = path.join(project, "bench", "tsdown.config.ts");
  const build = ["--config", config, "--out-dir", out, "--log-level", "error"];
  await ground.run(process.execPath, [tsdown, ...build], { cwd: project });
  return out;
}
