// A place for agents of others: a network of its own that has nothing but loopback, processes of its own that all end with
// it, an empty environment and a throwaway HOME, while the real one is hidden.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const project = dirname(dirname(here));
const tryMs = 10_000;

const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
/** Without root: the same in a user namespace, where that is allowed. */
const asRoot = ["--user", "--map-root-user"];

// Debian's minimal images lack `ip`; SIOCSIFFLAGS does the same.
const loopback = `ip link set lo up 2>/dev/null || python3 -c '
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'`;

/**
 * Arguments: limit in seconds, folder of the box, what is hidden (joined by ":"), what stays visible (joined by ":"), then
 * the command. Its stdin is held open by whoever started the box: when that is gone, everything in it is killed.
 */
const script = `
set -eu
${loopback}
limit=$1 box=$2 hidden=$3 kept=$4
shift 4
mkdir -p "$box/kept"
IFS=:
number=0
for path in $kept; do
  number=$((number + 1))
  mkdir "$box/kept/$number"
  mount --bind "$path" "$box/kept/$number"
done
for path in $hidden; do mount -t tmpfs tmpfs "$path"; done
number=0
for path in $kept; do
  number=$((number + 1))
  mkdir -p "$path"
  mount --bind "$box/kept/$number" "$path"
  umount "$box/kept/$number"
done
unset IFS
cd "$PWD"
exec 3<&0 </dev/null
(cat <&3 >/dev/null 2>&1; kill -KILL -1) &
set +e
timeout -s KILL "$limit" "$@" 3<&- &
wait $!
exit $?
`;

/** How a box can be made here: arguments of `unshare`, or why there can be none. */
export function boxHere() {
  if (process.platform !== "linux") return { args: null, why: "needs Linux" };
  for (const args of [namespaces, [...asRoot, ...namespaces]]) {
    const tried = spawnSync("unshare", [...args, "sh", "-c", `${loopback} && mount -t tmpfs tmpfs /tmp`], {
      timeout: tryMs,
      killSignal: "SIGKILL",
      stdio: "ignore",
    });
    if (tried.status === 0) return { args, why: null };
  }
  return { args: null, why: "neither root nor user namespaces allow a network namespace (unshare)" };
}

/**
 * Runs a command in a box, with stdout and stderr as they are. `env` is laid over an all but empty environment; `keep`
 * names folders that stay visible where they lie below the real HOME. `stdio` goes to the command's output.
 * Gives its exit code, 137 where the limit (milliseconds) ended it, and what it printed where `stdio` is "pipe".
 */
export async function boxed({ command, limitMs, env = {}, keep = [], cwd = project, stdio = "inherit" }) {
  const { args, why } = boxHere();
  if (args === null) throw new Error(`no box can be made: ${why}`);
  const box = mkdtempSync("/tmp/nightcrew-agents-");
  for (const name of ["home", "tmp"]) mkdirSync(join(box, name));
  const kept = [project, cwd, dirname(dirname(process.execPath)), ...keep].map((path) => resolve(path));
  const hidden = hideable([homedir(), userInfo().homedir, "/root"], kept);
  const below = [...new Set(kept)].filter((path) => hidden.some((home) => path.startsWith(`${home}/`)));
  const environment = {
    HOME: join(box, "home"),
    TMPDIR: join(box, "tmp"),
    PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":"),
    LANG: "C.UTF-8",
    TZ: "UTC",
    TERM: "dumb",
    GIT_CONFIG_NOSYSTEM: "1",
    NIGHTCREW_BOX_HIDDEN: hidden.join(":"),
    NIGHTCREW_BOX_UNTIL: String(Date.now() + limitMs),
    ...env,
  };
  const limit = String(Math.max(1, Math.round(limitMs / 1000)));
  const child = spawn(
    "unshare",
    [...args, "sh", "-c", script, "box", limit, box, hidden.join(":"), below.join(":"), ...command],
    { cwd, env: environment, stdio: ["pipe", stdio, stdio], detached: true },
  );
  try {
    // `timeout` inside ends it first, unless something keeps even that from its work.
    return await ended(child, limitMs + 5_000);
  } finally {
    rmSync(box, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Homes that are there and can be hidden: none that is, or lies in, something that has to stay visible. */
function hideable(homes, kept) {
  const all = [...new Set(homes.map((home) => resolve(home)))];
  return all.filter(
    (home) =>
      home !== "/" && !kept.includes(home) && !all.some((other) => home.startsWith(`${other}/`)) && isFolder(home),
  );
}

function isFolder(path) {
  return existsSync(path) && statSync(path).isDirectory();
}

function ended(child, limitMs) {
  return new Promise((resolve, reject) => {
    // `--kill-child` takes everything inside with it; SIGTERM is ignored by `unshare --fork`.
    const end = () => child.kill("SIGKILL");
    const limit = setTimeout(end, limitMs);
    const leave = (signal) => {
      end();
      process.exitCode = signal === "SIGINT" ? 130 : 143;
    };
    process.once("SIGINT", leave).once("SIGTERM", leave);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk) => (stdout += chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk) => (stderr += chunk));
    child.stdin.on("error", (error) => {
      if (error.code !== "EPIPE") reject(error);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(limit);
      process.removeListener("SIGINT", leave).removeListener("SIGTERM", leave);
      resolve({ code: code ?? 137, stdout, stderr });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seconds, ...command] = process.argv.slice(2);
  if (!/^\d+$/.test(seconds ?? "") || command.length === 0) {
    console.error("usage: node test/agents/box.mjs SECONDS COMMAND…");
    process.exit(2);
  }
  const { code } = await boxed({ command, limitMs: Number(seconds) * 1000, cwd: process.cwd() });
  process.exitCode = code;
}
