import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ControlCommand } from "../../domain/job.ts";
import { errnoOf } from "../../std/operational-error.ts";

const replyMs = 2_000;
const attempts = 10;
const pauseMs = 100;

/**
 * Sends one command to a runner's control socket. False when nobody answers there: tried for a second, as a runner listens
 * a moment after it has claimed its job. Must not reject.
 */
export async function sendControl(path: string, command: ControlCommand): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const outcome = await exchange(path, command);
    if (outcome !== "absent") return outcome === "answered";
    await delay(pauseMs);
  }
  return false;
}

function exchange(path: string, command: ControlCommand): Promise<"answered" | "silent" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (outcome: "answered" | "silent" | "absent"): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(replyMs, () => end("silent"));
    socket.once("error", (error) => {
      end(["ENOENT", "ECONNREFUSED"].includes(errnoOf(error) ?? "") ? "absent" : "silent");
    });
    socket.once("close", () => resolve("silent"));
    socket.once("data", () => end("answered"));
    socket.write(`${JSON.stringify(command)}\n`);
  });
}
