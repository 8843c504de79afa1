import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import type { ControlCommand, ControlReply } from "../domain/job.ts";
import { LineSplitter, parseJsonObject } from "../std/json-lines.ts";

const maxConnections = 8;
const commands = new Set(["stop", "freeze", "thaw", "message", "answer"]);

/**
 * Takes commands on a socket that only this user can reach, until the returned function is called: a daemon that did not
 * start this runner has no other way to it. Where it cannot be made, `onTrouble` is told; the job goes on without.
 */
export function listen(
  path: string,
  obey: (command: ControlCommand) => ControlReply,
  onTrouble: (error: Error) => void,
): () => void {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    // Whoever asked is gone; the job goes on.
    socket.on("error", () => socket.destroy());
    const lines = new LineSplitter((line) => socket.write(`${JSON.stringify(replyTo(line, obey))}\n`));
    socket.setEncoding("utf8").on("data", (chunk: string) => lines.push(chunk));
  });
  server.maxConnections = maxConnections;
  server.on("error", onTrouble);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // The claim is ours, so whatever is at the path was left by a runner that is gone.
  rmSync(path, { force: true });
  server.listen(path);
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}

function replyTo(line: string, obey: (command: ControlCommand) => ControlReply): ControlReply {
  const command = parseJsonObject(line);
  if (command === null || !commands.has(String(command["type"]))) return { ok: false, why: "not a command" };
  return obey(command as unknown as ControlCommand);
}
