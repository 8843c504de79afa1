import type { Config } from "../../adapters/config/schema.ts";
import type { Environment } from "../../domain/environment.ts";

/** Where runs land first, and what it is promoted to. */
export interface Staging {
  readonly branch: string;
  readonly main: string;
}

/** `staging:`, and what it leaves out by SWARM_STAGING_BRANCH and SWARM_MAIN_BRANCH; null: runs land where they are told to. */
export function stagingOf({ staging }: Pick<Config, "staging">, environment: Environment): Staging | null {
  const branch = nameIn(environment["SWARM_STAGING_BRANCH"]);
  if (staging === undefined && branch === undefined) return null;
  return {
    branch: staging?.branch ?? branch ?? "staging",
    main: staging?.main ?? nameIn(environment["SWARM_MAIN_BRANCH"]) ?? "main",
  };
}

function nameIn(text: string | undefined): string | undefined {
  const name = text?.trim();
  return name === "" ? undefined : name;
}
