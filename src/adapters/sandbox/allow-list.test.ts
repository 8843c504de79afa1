import { describe, expect, it } from "vitest";
import { canonicalHost, isAllowed, parseAllowEntry, parseAuthority } from "./allow-list.ts";
import { isPublicAddress } from "./public-address.ts";
import { upstreamsOf } from "./upstream.ts";

describe("a host", () => {
  it.each([
    ["API.Example.COM.", "api.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["127.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["[::1]", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::FFFF:127.0.0.1", "::ffff:7f00:1"],
  ])("has one spelling: %s", (text, host) => expect(canonicalHost(text)).toBe(host));

  it.each([
    "",
    ".",
    "a b",
    "a/b",
    "user@host",
    "a#b",
    "a?b",
    "a\\b",
    "a%2eb",
    "[::1",
    "[fe80::1%eth0]",
    "x".repeat(300),
    "a\r\nb",
  ])("is not %j", (text) => expect(canonicalHost(text)).toBeNull());
});

describe("an authority", () => {
  it("is a host and a port, and nothing else", () => {
    expect(parseAuthority("a.test:443", null)).toEqual({ host: "a.test", port: 443 });
    expect(parseAuthority("[::1]:80", null)).toEqual({ host: "::1", port: 80 });
    expect(parseAuthority("a.test", 80)).toEqual({ host: "a.test", port: 80 });
    expect(
      ["a.test", "a.test:", "a.test:0", "a.test:65536", "a.test:1:2", "::1:80", "a.test:443 ", ":443"].filter(
        (text) => parseAuthority(text, null) !== null,
      ),
    ).toEqual([]);
  });
});

describe("an entry", () => {
  const allowed = (entry: string, host: string, port: number): boolean => {
    const parsed = parseAllowEntry(entry);
    return parsed !== null && isAllowed([parsed], { host, port });
  };

  it.each([
    ["a.test", "a.test", 443, true],
    ["a.test", "a.test", 80, true],
    ["a.test", "a.test", 22, false],
    ["a.test", "b.a.test", 443, false],
    ["a.test:22", "a.test", 22, true],
    ["a.test:22", "a.test", 443, false],
    ["*.a.test", "b.a.test", 443, true],
    ["*.a.test", "c.b.a.test", 443, true],
    ["*.a.test", "a.test", 443, false],
    ["*.a.test", "xa.test", 443, false],
    ["*.a.test:8080", "b.a.test", 8080, true],
    ["A.Test.", "a.test", 443, true],
    ["127.0.0.1:4000", "127.0.0.1", 4000, true],
    ["[::1]:4000", "::1", 4000, true],
    ["::1", "::1", 443, true],
    ["*", "a.test", 443, false],
    ["*.127.0.0.1", "x.127.0.0.1", 443, false],
    ["https://a.test", "a.test", 443, false],
    ["a.test/path", "a.test", 443, false],
  ])("%s lets to %s:%d: %s", (entry, host, port, expected) => expect(allowed(entry, host, port)).toBe(expected));
});

describe("a public address", () => {
  it.each(["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])("is %s", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    "127.0.0.1",
    "127.255.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",

    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "name",
  ])("is not %s", (address) => expect(isPublicAddress(address)).toBe(false));
});

describe("the user's own proxy", () => {
  const target = (host: string): { host: string; port: number } => ({ host, port: 443 });
  it("is taken from the variables, lower case first, but for what goes around it", () => {
    const of = upstreamsOf({
      HTTPS_PROXY: "http://upper:1",
      https_proxy: "http://me:a%40b@lower:3128",
      no_proxy: "in.test,.far.test, 10.0.0.1",
    });
    expect(of(target("a.test"), "https")).toEqual({
      host: "lower",
      port: 3128,
      tls: false,
      authorization: `Basic ${Buffer.from("me:a@b").toString("base64")}`,
    });
    expect(of(target("a.test"), "http")).toBeNull();
    expect(
      ["in.test", "x.in.test", "x.far.test", "10.0.0.1", "127.0.0.1", "localhost"].filter(
        (host) => of(target(host), "https") !== null,
      ),
    ).toEqual([]);
    expect(of(target("xin.test"), "https")).not.toBeNull();
    expect(upstreamsOf({ all_proxy: "proxy.test:8080" })(target("a"), "http")).toMatchObject({
      host: "proxy.test",
      port: 8080,
    });
    expect(upstreamsOf({ all_proxy: "socks5://proxy.test:8080" })(target("a"), "http")).toBeNull();
    expect(upstreamsOf({ https_proxy: "http://p", no_proxy: "*" })(target("a"), "https")).toBeNull();
  });
});
