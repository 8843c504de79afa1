import { isSetting, pick } from "../../domain/environment.ts";

/** Nobody is there to answer: tools are told so in the ways they understand. */
const unattended: NodeJS.ProcessEnv = {
  CI: "true",
  TERM: "dumb",
  NO_COLOR: "1",
  // It translates its summary otherwise, which then nobody can count.
  DOTNET_CLI_UI_LANGUAGE: "en",
  GIT_TERMINAL_PROMPT: "0",
  GIT_EDITOR: "true",
  EDITOR: "true",
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
};

/** What agents and checks see: settings, what the configuration names, and what nightcrew sets. */
export function childEnvironment(
  from: NodeJS.ProcessEnv,
  named: readonly string[],
  own: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  return { ...pick(from, (name) => isSetting(name) || named.includes(name)), ...unattended, ...own };
}
