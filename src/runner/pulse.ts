import { heartbeatName } from "../adapters/runners/run-folders.ts";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const beatMs = 1_000;
const beatsPerTouch = 5;

/**
 * While a job runs: touches its heartbeat file, and looks for the emergency stop. A file needs nobody to be there: it
 * works when the daemon is gone. Returns the function that ends it.
 */
export function pulse(folder: string, stopFile: string, onStop: () => void): () => void {
  const file = join(folder, heartbeatName);
  writeFileSync(file, "", { mode: 0o600 });
  let beats = 0;
  const beat = (): void => {
    if (existsSync(stopFile)) onStop();
    beats++;
    const now = new Date();
    if (beats % beatsPerTouch === 0) utimesSync(file, now, now);
  };
  beat();
  const timer = setInterval(beat, beatMs);
  return () => clearInterval(timer);
}
