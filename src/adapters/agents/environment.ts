/** What agents and checks see of the environment: these, what the configuration names, and what nightcrew sets. */
const allowed = [
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
];

/** Nobody is there to answer: tools are told so in the ways they understand. */
const unattended: NodeJS.ProcessEnv = {
  CI: "true",
  TERM: "dumb",
  NO_COLOR: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_EDITOR: "true",
  EDITOR: "true",
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
};

export function childEnvironment(
  from: NodeJS.ProcessEnv,
  named: readonly string[],
  own: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of [...allowed, ...named]) if (from[name] !== undefined) kept[name] = from[name];
  for (const [name, value] of Object.entries(from)) if (/^(LC|XDG)_/.test(name)) kept[name] = value;
  return { ...kept, ...unattended, ...own };
}
