import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Pin {
  readonly registry: "npm" | "pypi";
  readonly package: string;
  readonly version: string;
}

const pins = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "clis.json"), "utf8")) as Readonly<
  Record<string, Pin>
>;

/** Where `install.mjs` put them; the run's entry sets it. */
export const cliFolder = process.env["NIGHTCREW_AGENT_CLIS"] ?? "";

/** The program of an agent's command line; null where it is not installed. */
export function cliOf(name: string): string | null {
  const inside = pins[name]?.registry === "pypi" ? "bin" : join("node_modules", ".bin");
  const program = join(cliFolder, name, inside, name);
  return cliFolder !== "" && existsSync(program) ? program : null;
}

export function versionOf(name: string): string {
  return pins[name]?.version ?? "unknown";
}

/** The agents among them: the others are what agents, or trackers, are tried with. */
export const cliNames = Object.keys(pins).filter((name) => !["aimock", "bun", "sd"].includes(name));
