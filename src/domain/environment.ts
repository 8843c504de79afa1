/** Variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** Where models are reached, as many agents are told it. */
export const endpointNames: readonly string[] = [
  "OPENAI_BASE_URL",
  "OPENAI_API_BASE",
  "ANTHROPIC_BASE_URL",
  "OPENROUTER_BASE_URL",
  "LITELLM_API_BASE",
  "GOOGLE_GEMINI_BASE_URL",
];

/** Which model is used where an agent's entry names none. */
const modelNames: readonly string[] = ["NIGHTCREW_MODEL", "OPENAI_MODEL", "ANTHROPIC_MODEL"];

/** Settings of a machine and its user that every agent and check needs, and that are no secrets. */
const settingNames: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "TMPDIR",
  "TZ",
  "LANG",
  "LANGUAGE",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "JAVA_HOME",
  "GOPATH",
  "GOPROXY",
  "GOFLAGS",
  "CARGO_HOME",
  "RUSTUP_HOME",
  "PYENV_ROOT",
  "VIRTUAL_ENV",
  "NVM_DIR",
  ...endpointNames,
  ...modelNames,
  "NIGHTCREW_SANDBOX",
  "SWARM_BUDGET_MAX",
  "SWARM_CURRENT_SPEND",
  "SWARM_STAGING_BRANCH",
  "SWARM_MAIN_BRANCH",
  "SWARM_PROMPT_MODEL",
  "SWARM_MAX_RETRIES",
  "GITHUB_API_URL",
]);

/** Whether a variable is handed to agents and checks without being named by the configuration. */
export function isSetting(name: string): boolean {
  return settingNames.has(name) || /^(LC|XDG)_\w+$/.test(name);
}

/** By which a user's git logs in at remotes. Not handed to agents and checks. */
export const loginNames: readonly string[] = ["SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "KRB5CCNAME"];

export function isLogin(name: string): boolean {
  return loginNames.includes(name);
}

/** By which trackers let one in, the first that is set. Not handed to agents and checks. */
export const trackerTokenNames: readonly string[] = ["GITHUB_TOKEN", "GH_TOKEN"];

/** One that is set to nothing is not set. */
export function trackerToken(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return trackerTokenNames.map((name) => environment[name]).find((value) => value !== undefined && value !== "");
}

/** The variables of `from` whose names are wanted. */
export function pick(
  from: Readonly<Record<string, string | undefined>>,
  wanted: (name: string) => boolean,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) if (value !== undefined && wanted(name)) kept[name] = value;
  return kept;
}
