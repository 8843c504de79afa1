import type { RemoteFailure } from "../failure.ts";

export function remoteFailureText({ cause, remote, target, detail }: RemoteFailure): string {
  switch (cause) {
    case "diverged":
      return `${target} here and on ${remote} have diverged: ${detail}`;
    case "refused":
      return `${remote} did not take it: ${detail}`;
    case "unauthorized":
      return `${remote} let nobody in: ${detail}`;
    case "unreachable":
      return `${remote} could not be reached: ${detail}`;
  }
}
