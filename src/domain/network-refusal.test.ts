import { cpuMsOf } from "../../test/rig/cpu-time.ts";
import { describe, expect, it } from "vitest";
import { networkRefusal } from "./network-refusal.ts";

describe("an output", () => {
  it.each([
    [
      "npm error request to https://registry.npmjs.org/x failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org",
      "registry.npmjs.org",
    ],
    ["fatal: unable to access 'https://example.org/x.git/': Could not resolve host: example.org", "example.org"],
    [
      'x: Get "https://proxy.golang.org/x": dial tcp: lookup proxy.golang.org on [::1]:53: read udp: connection refused',
      "proxy.golang.org",
    ],
    ["java.net.UnknownHostException: repo.maven.apache.org", "repo.maven.apache.org"],
    ["socket.gaierror: [Errno -3] Temporary failure in name resolution", "the network"],
    ["OSError: [Errno 101] Network is unreachable", "the network"],
    ["  error trying to connect: dns error: failed to lookup address information: Try again", "the network"],
  ])("tells that it had no network: %s", (text, expected) => {
    expect(networkRefusal(`before\n${text}\nafter\n`)).toBe(expected);
  });

  it.each(["", "AssertionError: expected 1 to be 2", "connect ECONNREFUSED 127.0.0.1:5432", "1 passed, 0 failed"])(
    "says nothing of it: %j",
    (text) => {
      expect(networkRefusal(text)).toBeNull();
    },
  );

  it.each(["dial tcp: lookup a", "Could not resolve host"])("is read in no time, full of %j", (text) => {
    const spent = cpuMsOf(() => expect(networkRefusal(text.repeat(100_000))).toBeNull());
    expect(spent).toBeLessThan(2_000);
  });
});
