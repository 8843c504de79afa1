/** What a service manager needs to know, all of it absolute. */
export interface ServiceFacts {
  readonly node: string;
  readonly daemonFile: string;
  readonly home: string;
  readonly log: string;
  /** Where git and the agents' programs are found. */
  readonly path: string;
}

/** In every file of ours: what holds it may be written again. */
export const serviceMark = "Written by `nightcrew daemon install`";

/** systemd.service(5). Agents are in sessions of their own and must outlive a restart: only the daemon is ended. */
export function systemdUnit({ node, daemonFile, home, path }: ServiceFacts): string {
  return `# ${serviceMark}.
[Unit]
Description=nightcrew daemon

[Service]
ExecStart=${inCommand(node)} ${inCommand(daemonFile)}
Environment=${inUnit(`NIGHTCREW_HOME=${home}`)}
Environment=${inUnit(`PATH=${path}`)}
Restart=on-failure
RestartSec=2
KillMode=process
# Agents are paused by control groups below the daemon's own.
Delegate=yes

[Install]
WantedBy=default.target
`;
}

/** A word of a unit file: quoted, specifiers (`%`) not expanded (systemd.syntax(7), systemd.unit(5)). */
function inUnit(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("\n", "\\n");
  return `"${escaped}"`;
}

/** In command lines, variables (`$`) are expanded too. */
function inCommand(word: string): string {
  return inUnit(word).replaceAll("$", "$$$$");
}

/** launchd.plist(5) */
export function launchdPlist({ node, daemonFile, home, log, path }: ServiceFacts): string {
  const text = (value: string): string =>
    `<string>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</string>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${serviceMark}. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>nightcrew</string>
  <key>ProgramArguments</key>
  <array>${text(node)}${text(daemonFile)}</array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>NIGHTCREW_HOME</key>${text(home)}
    <key>PATH</key>${text(path)}
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>AbandonProcessGroup</key><true/>
  <key>StandardErrorPath</key>${text(log)}
</dict>
</plist>
`;
}
