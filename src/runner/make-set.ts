import { randomBytes } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment } from "../adapters/agents/environment.ts";
import { BoundedLog } from "../adapters/process/bounded-log.ts";
import { runCommand } from "../adapters/process/run-command.ts";
import { supervise } from "../adapters/process/supervise.ts";
import { sandboxOf } from "../adapters/sandbox/inmate.ts";
import { removeTree } from "../adapters/files/remove-tree.ts";
import { asItIs, noSandbox, type Wrapped } from "../adapters/sandbox/sandbox.ts";
import { foundFolders, moveFolders } from "../adapters/setup/kept-folders.ts";
import {
  bytesOf,
  leaseSet,
  leftoversIn,
  markMaking,
  removeSet,
  setsBeyond,
  setsIn,
  writeSet,
  type Lease,
} from "../adapters/setup/kept-sets.ts";
import { checkOut, prepareAgentRepository, slotPaths, type SlotPaths } from "../adapters/workspace/slot.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import { logExcerpt } from "../domain/log-excerpt.ts";
import { networkRefusal } from "../domain/network-refusal.ts";
import { crashPoint } from "../engine/crash-point.ts";
import { errnoOf } from "../std/operational-error.ts";
import { duration, printable } from "../std/text.ts";
import { policyOf } from "./job-sandbox.ts";
import type { SetupRequest } from "./set-up.ts";

const maxLogBytes = 8 * 1024 * 1024;
const shownLines = 50;
const syncMs = 120_000;
const logName = "setup.log";

export type MadeSet =
  | { readonly kind: "made" }
  | {
      readonly kind: "failed";
      /** In a sentence. */
      readonly detail: string;
      readonly log: string;
      /** What it wanted of the network and did not get; null: nothing that was seen. */
      readonly refused: string | null;
    };

interface Making {
  readonly kept: string;
  readonly key: string;
  readonly commit: string;
}

/** Runs the setup in a workspace of its own, aside; what it made gets its name when all of it is there. */
export async function makeSet(request: SetupRequest, { kept, key, commit }: Making): Promise<MadeSet> {
  for (const left of await leftoversIn(kept)) await removeTree(left);
  const root = join(kept, `${key}.making-${randomBytes(4).toString("hex")}`);
  try {
    await markMaking(root);
    const slot = slotPaths(join(await realpath(root), "workspace"));
    await checkOut(slot, request.handoff.repository, commit);
    await prepareAgentRepository(slot, request.handoff.repository, "setup", commit);
    crashPoint("runner/setup-begins");
    const failed = await runSetup(request, slot);
    if (failed !== null) return failed;
    const folders = await foundFolders(slot.tree, request.setup.keep);
    await mkdir(join(root, "tree"));
    await moveFolders(slot.tree, join(root, "tree"), folders);
    await removeTree(slot.root);
    const bytes = await bytesOf(root);
    await writeSet(root, { folders, madeAt: slot.tree, run: request.setup.run, bytes });
    await toDisk(root);
    crashPoint("runner/setup-ends");
    await rm(join(root, "maker"));
    await rename(root, join(kept, key));
    crashPoint("runner/setup-kept");
  } finally {
    await removeTree(root);
  }
  await prune(kept, request);
  return { kind: "made" };
}

/** A set that was made for a change of this very tree, which has become the target's: it is for all from now on. */
export async function adoptSet(kept: string, from: string, key: string): Promise<Lease | null> {
  if (from === key || (await setsIn(kept)).find((set) => set.key === from)?.inUse !== false) return null;
  try {
    await rename(join(kept, from), join(kept, key));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  return leaseSet(kept, key);
}

async function prune(kept: string, { setup }: SetupRequest): Promise<void> {
  for (const { root } of setsBeyond(await setsIn(kept), setup.limits, Date.now())) await removeSet(root);
}

/** A name that is on the disk before its content would be an empty set after a power failure. */
async function toDisk(root: string): Promise<void> {
  await runCommand("sync", process.platform === "linux" ? ["-f", root] : [], { env: process.env, timeoutMs: syncMs });
}

/** Null: it has worked. */
async function runSetup(request: SetupRequest, slot: SlotPaths): Promise<Extract<MadeSet, { kind: "failed" }> | null> {
  const { setup, handoff, control } = request;
  const marker = `${handoff.folder}/setup`;
  const wrapped = await wrap(request, slot, marker);
  const file = join(handoff.folder, logName);
  const log = new BoundedLog(file, maxLogBytes);
  const supervised = supervise(wrapped.argv, {
    cwd: slot.tree,
    env: wrapped.env,
    marker: `NIGHTCREW_SETUP_MARKER=${marker}`,
    limits: { firstOutputMs: Infinity, silenceMs: Infinity, totalMs: setup.timeoutMs },
    stdin: null,
    converses: false,
    onStarted: () => undefined,
    onOutput: (chunk) => log.write(chunk),
  });
  control.take(supervised);
  const ending = wrapped.ending(await supervised.ended);
  control.letGo();
  const refusals = wrapped.refusals().map(({ host, port }) => `${host}:${port}`);
  for (const where of refusals)
    log.write(
      Buffer.from(`nightcrew: the sandbox refused a connection to ${where}; allow it in \`sandbox: hosts:\`\n`),
    );
  await wrapped.close();
  await log.end();
  if (ending.kind === "code" && ending.code === 0) return null;
  const text = await readFile(file, "utf8");
  return {
    kind: "failed",
    detail: `\`${setup.run}\` ${endText(ending, setup.timeoutMs)}; its log: ${file}`,
    log: logExcerpt(printable(text), shownLines),
    refused: request.sandbox.name === "none" ? null : (refusals[0] ?? networkRefusal(text)),
  };
}

function endText(ending: Ending, timeoutMs: number): string {
  switch (ending.kind) {
    case "code":
      return `ended with exit code ${ending.code}`;
    case "signal":
      return `was ended by ${ending.signal}`;
    case "limit":
      return `did not end within ${duration(timeoutMs)}`;
    case "not-started":
      return `could not be started: ${ending.detail}`;
    default:
      return "was stopped";
  }
}

/** As checks are: nobody's credentials, no network but what the project's rules name. */
async function wrap(
  { id, setup, handoff, sandbox: rules }: SetupRequest,
  slot: SlotPaths,
  marker: string,
): Promise<Wrapped> {
  const argv = ["/bin/sh", "-c", setup.run];
  const from = handoff.environment ?? process.env;
  const env = childEnvironment(from, [], { NIGHTCREW_MARKER: id, NIGHTCREW_SETUP_MARKER: marker });
  const sandbox = await sandboxOf(rules, env["PATH"] ?? "");
  if (sandbox === noSandbox) return asItIs(argv, env);
  const policy = policyOf(handoff, slot, {
    command: argv,
    env,
    rules,
    hosts: [],
    writable: [],
    readable: [],
    credentials: [],
    keptHome: null,
  });
  return sandbox.wrap(argv, env, policy);
}
