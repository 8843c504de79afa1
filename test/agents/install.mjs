// Installs the agents that the conformance run tries, each at one exact version and in a folder of its own, outside the
// repository. What is there already is used; what is half there is made anew.
import { spawn } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const pins = JSON.parse(readFileSync(join(here, "clis.json"), "utf8"));

const oneInstallMs = 240_000;
const answerMs = 20_000;
const pollMs = 500;

/** Where they are: NIGHTCREW_AGENT_CLIS, else below the user's cache. */
export function agentFolder(env = process.env) {
  return env.NIGHTCREW_AGENT_CLIS ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "nightcrew", "agent-clis");
}

/** The program of an agent. */
export function programOf(folder, name) {
  const python = pins[name].registry === "pypi";
  return python ? join(folder, name, "bin", name) : join(folder, name, "node_modules", ".bin", name);
}

/** Folders outside of `folder` that the programs need: the Python an environment was made from. */
export function neededBy(folder) {
  const pythons = Object.keys(pins).filter((name) => pins[name].registry === "pypi");
  const programs = pythons.map((name) => join(folder, name, "bin", "python3")).filter((file) => existsSync(file));
  return programs.map((file) => dirname(dirname(realpathSync(file))));
}

/** The version that is wholly there; null where none is. Both installers write what is looked at here last. */
export function installedVersion(folder, name) {
  const { registry, package: called, version } = pins[name];
  if (!existsSync(programOf(folder, name))) return null;
  if (registry === "pypi") {
    const lib = join(folder, name, "lib");
    const record = `${called.replaceAll("-", "_")}-${version}.dist-info`;
    const found = (existsSync(lib) ? readdirSync(lib) : []).some((python) =>
      existsSync(join(lib, python, "site-packages", record, "RECORD")),
    );
    return found ? version : null;
  }
  const modules = join(folder, name, "node_modules");
  const manifest = join(modules, called, "package.json");
  if (!existsSync(join(modules, ".package-lock.json")) || !existsSync(manifest)) return null;
  return JSON.parse(readFileSync(manifest, "utf8")).version === version ? version : null;
}

/**
 * Installs what is missing, two at a time, until `deadline` (milliseconds since the epoch).
 * Gives `{ name, version, why }` for each of them: `why` is null where it is there.
 */
export async function installAll({ folder, deadline, say, names = Object.keys(pins) }) {
  const missing = () => names.filter((name) => installedVersion(folder, name) === null);
  const failed = new Map();
  if (missing().length > 0) {
    const release = await locked(folder, deadline);
    if (release === null) for (const name of missing()) failed.set(name, "another install did not end in time");
    else {
      try {
        await installMissing({ folder, deadline, say, failed, queue: missing() });
      } finally {
        release();
      }
    }
  }
  return names.map((name) => ({ name, version: pins[name].version, why: failed.get(name) ?? null }));
}

async function installMissing({ folder, deadline, say, failed, queue }) {
  for (const registry of ["npm", "pypi"]) {
    const wanted = queue.filter((name) => pins[name].registry === registry);
    const silent = wanted.length === 0 ? null : await silence(registry, folder);
    if (silent !== null) for (const name of wanted) failed.set(name, silent);
  }
  const rest = queue.filter((name) => !failed.has(name));
  const worker = async () => {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      const limitMs = Math.min(oneInstallMs, deadline - Date.now());
      if (limitMs <= 0) {
        failed.set(name, "no time was left to install it");
        continue;
      }
      say(`installing ${name} ${pins[name].version} …`);
      const why = await installOne(folder, name, limitMs);
      // Once more behind the others: registries have bad moments.
      if (why !== null && !failed.has(name)) rest.push(name);
      if (why === null) failed.delete(name);
      else failed.set(name, why);
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Why a registry cannot be used; null where it answers. */
async function silence(registry, folder) {
  if (registry === "npm") {
    const { code } = await ran("npm", ["view", pins.aimock.package, "name"], { cwd: folder, limitMs: answerMs });
    return code === 0 ? null : "the npm registry does not answer";
  }
  const python = await ran("python3", ["-m", "venv", "--help"], { cwd: folder, limitMs: answerMs });
  return python.code === 0 ? null : "there is no python3 with venv";
}

async function installOne(folder, name, limitMs) {
  const { registry, package: called, version } = pins[name];
  const until = Date.now() + limitMs;
  const left = () => Math.max(1, until - Date.now());
  // npm's folder can be moved when it is whole; the programs of a Python environment name its place.
  const place = join(folder, registry === "npm" ? `.${name}.new` : name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const results = [];
  const step = async (program, args) => {
    if (results.some(({ code }) => code !== 0)) return;
    results.push(await ran(program, args, { cwd: place, limitMs: left() }));
  };
  if (registry === "npm") {
    writeFileSync(join(place, "package.json"), '{"private":true}\n');
    await step("npm", [
      "install",
      "--no-audit",
      "--no-fund",
      "--save-exact",
      "--fetch-retries=1",
      // By `npm run` it has the project's own settings: what suits us is not asked of others, and silence hides why.
      "--engine-strict=false",
      "--loglevel=error",
      `${called}@${version}`,
    ]);
  } else {
    await step("python3", ["-m", "venv", "."]);
    const quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"];
    await step(join(place, "bin", "pip"), [...quiet, `${called}==${version}`]);
  }
  const bad = results.find(({ code }) => code !== 0);
  if (bad === undefined && registry === "npm") {
    rmSync(join(folder, name), { recursive: true, force: true });
    renameSync(place, join(folder, name));
  }
  if (bad === undefined && installedVersion(folder, name) === version) return null;
  rmSync(place, { recursive: true, force: true });
  return bad?.why ?? "its installer said nothing, and it is not there";
}

/** Runs a program with everything it starts in one group, which is killed at the limit. Its last words are `why`. */
function ran(program, args, { cwd, limitMs }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let said = "";
    let late = false;
    const hear = (chunk) => (said = `${said}${chunk}`.slice(-4000));
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const limit = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    const ended = (code, more) => {
      clearTimeout(limit);
      resolve({ code, why: late ? `not done within ${Math.round(limitMs / 1000)} s` : lastWords(said, more) });
    };
    child.once("error", (error) => ended(-1, error.message));
    child.once("close", (code) => ended(code ?? -1, `exit code ${code}`));
  });
}

/** The first line that tells of an error; addresses of registries are nobody's business. */
function lastWords(said, otherwise) {
  const lines = said.split("\n").map((line) => line.trim());
  const line = lines.find((one) => /\berr(or)?\b/i.test(one)) ?? otherwise;
  return line.replaceAll(/https?:\/\/\S+/g, "(registry)").slice(0, 200);
}

/** One installer at a time; a lock whose holder is gone is taken over. Gives what lets it go, null at the deadline. */
async function locked(folder, deadline) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, ".installing");
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isHeld(lock)) takeAway(lock);
    if (Date.now() > deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Removes a lock nobody holds. Two may try it at once: who finds that it took a living one's puts it back. */
function takeAway(lock) {
  const mine = `${lock}.${process.pid}`;
  try {
    renameSync(lock, mine);
    if (isHeld(mine)) linkSync(mine, lock);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  }
  rmSync(mine, { force: true });
}

function isHeld(lock) {
  const pid = Number(readIfThere(lock) || Number.NaN);
  // Made, and not yet written; or let go just now.
  if (!Number.isInteger(pid)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

/** One line for each pin. */
export function linesOf(results) {
  return results.map(({ name, version, why }) => `${name} ${version}${why === null ? "" : `: ${why}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const results = await installAll({
    folder: agentFolder(),
    deadline: Date.now() + 600_000,
    say: (line) => console.error(line),
    ...(named.length > 0 ? { names: named } : {}),
  });
  console.log(linesOf(results).join("\n"));
}
