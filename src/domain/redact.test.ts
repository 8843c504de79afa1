import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeRedactor, type Redactor } from "./redact.ts";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";

// Put together here, so that no scanner of secrets takes this file for a leak.
const cut: string = "";
const random = "k9Xw2LpQ7vTz4RbN8mYc3HdF6sJg1AeU5oVi0KqWxZ2t";
const made = {
  anthropic: `sk-${cut}ant-api03-${random}-${random}_AA`,
  openRouter: `sk-${cut}or-v1-${"0a1b2c3d4e5f6789".repeat(4)}`,
  openAi: `sk-${cut}proj-${random}_${random}`,
  legacy: `sk-${random}`,
  github: `gh${cut}p_${random.slice(0, 36)}`,
  githubApp: `gh${cut}s_${random.slice(0, 36)}`,
  fineGrained: `github_${cut}pat_11ABCDEFG0${random.slice(0, 12)}_${random}`,
  gitlab: `gl${cut}pat-${random.slice(0, 20)}`,
  aws: `AK${cut}IAZ7QX4MPL2VWTN9RK`,
  google: `AI${cut}za${random.slice(0, 35)}`,
  slack: `xo${cut}xb-123456789012-1234567890123-${random.slice(0, 24)}`,
  huggingFace: `h${cut}f_${random.slice(0, 34)}`,
  npm: `np${cut}m_${random.slice(0, 36)}`,
  pypi: `py${cut}pi-AgEIcHlwaS5vcmc${random}${random}`,
  jwt: `ey${cut}JhbGciOiJIUzI1NiJ9.ey${cut}JzdWIiOiIxMjM0NTY3ODkwIn0.${random}`,
};
const privateKey = [
  `-----${cut}BEGIN RSA PRIVATE KEY-----`,
  "Proc-Type: 4,ENCRYPTED",
  "",
  ...Array.from({ length: 12 }, (_, row) => `${random}${random}`.slice(0, 63) + String(row % 10)),
  `-----${cut}END RSA PRIVATE KEY-----`,
].join("\n");

const shapesOnly = makeRedactor({ values: [] });
const redact = (text: string): string => shapesOnly.redact(text);

describe("a secret that is known by its shape", () => {
  it.each(Object.entries(made))("is replaced: %s", (_, secret) => {
    for (const [before, after] of [
      ["", ""],
      ["export KEY=", "\nnext"],
      ['{"key":"', '"}'],
      ["\\n", "\\n"],
      ["\u001b[31m", "\u001b[0m"],
      ["\\u001b[1;31m", "\\u001b[0m"],
      ["?key%3D", "&next=1"],
    ]) {
      const out = redact(`${before}${secret}${after}`);
      expect(out).toMatch(/\[redacted [\w ]+\]/);
      expect(out.startsWith(before ?? "")).toBe(true);
      expect(out.endsWith(after ?? "")).toBe(true);
      expect(out).not.toContain(secret.slice(-12));
      expect(out).not.toContain(secret.slice(8, 20));
    }
  });

  it("says what it was", () => {
    expect(redact(`a ${made.anthropic} b ${made.github} c`)).toBe(
      "a [redacted Anthropic key] b [redacted GitHub token] c",
    );
    expect(redact(`Authorization: Bearer ${random}\r\n`)).toBe("Authorization: Bearer [redacted bearer token]\r\n");
    expect(redact(`"authorization":"Basic dXNlcjpwYXNzd29yZA=="`)).toBe(
      `"authorization":"Basic [redacted user and password]"`,
    );
    expect(redact("postgres://app:hunter2hunter@db.local:5432/app")).toBe(
      "postgres://[redacted user and password]@db.local:5432/app",
    );
  });

  it("is replaced over several lines, to the end of the key", () => {
    expect(redact(`before\n${privateKey}\nafter`)).toBe("before\n[redacted private key]\nafter");
    const json = JSON.stringify({ key: privateKey, next: 1 });
    expect(redact(json)).toBe('{"key":"[redacted private key]","next":1}');
    const short = privateKey.split("\n").slice(0, 5).join("\n");
    expect(redact(`${short}\n\u2026 cut`)).toBe("[redacted private key]\u2026 cut");
  });

  it("takes no more than a bounded block for a key that never ends", () => {
    const begun = privateKey.split("\n").slice(0, 4).join("\n");
    const out = redact(`${begun}${"word ".repeat(20_000)}`);
    expect(out.length).toBeGreaterThan(80_000);
  });
});

const harmless = [
  "commit 3f786850e387550fdab836ed7e6dc881de23001b",
  "123e4567-e89b-12d3-a456-426614174000",
  '"integrity": "sha512-9Ii1Q8cWnq5lLJkSRm0F6T2VZ8v8wXqkQ2zVJbYx0Zyd3xg1vWJ9m0gq3jU8Y2Zl5mQnE7s0lK4hG6fD8cB1Aw=="',
  `data:image/png;base64,${"iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4".repeat(40)}`,
  "task-list disk-usage risk-assessment-2024-01-15-final-report ask-me-anything-about-this",
  ".sk-fading-circle .sk-circle12:before .sk-toggleable__content-fitted-1",
  "npm_config_registry npm_lifecycle_event npm_package_json hf_hub_download hf_transfer",
  "pypi-publish pypi-simple glpat- xoxb- AKIA AIza eyJ ghp_ sk-ant-... sk-...",
  "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxx sk-your-api-key-here ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  "AKIAIOSFODNN7EXAMPLE",
  "Authorization: Bearer <token>, Authorization: Bearer $TOKEN, Authorization: Bearer YOUR_API_KEY",
  "the bearer of this token is trusted; basic understanding of authorization",
  "https://example.org:8443/a@b http://localhost:3000 git@github.com:owner/name.git ssh://git@host:22/path",
  "postgres://postgres:postgres@localhost/db https://user:password@host $url = http://$USER:$PASS@host",
  'if (text.includes("-----BEGIN PRIVATE KEY-----")) throw new Error("a key");',
  "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END CERTIFICATE-----",
  "//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImEudHMiXX0=",
];

describe("what is no secret", () => {
  it.each(harmless)("stays: %s", (text) => {
    expect(redact(text)).toBe(text);
  });

  it("stays: any words", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}(?:[-_.][a-z]{1,12}){0,3}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const text = words.join(" ");
        expect(redact(text)).toBe(text);
      }),
    );
  });

  it("stays: object ids, checksums, UUIDs", () => {
    const hex = fc.stringMatching(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
    const digest = fc
      .uint8Array({ minLength: 64, maxLength: 64 })
      .map((b) => `sha512-${Buffer.from(b).toString("base64")}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(hex, digest, fc.uuid()), { maxLength: 20 }), (ids) => {
        const text = ids.join("\n");
        expect(redact(text)).toBe(text);
      }),
    );
  });
});

describe("a secret whose value is known", () => {
  const value = "v3ry!s3cret/p\u00e4ss word+x";
  const redactor = makeRedactor({
    values: [
      { name: "APP_SECRET", value },
      { name: "DATABASE_URL", value: "postgres://app:tr0ub4dor-3x@db/app" },
      { name: "MODE", value: "production" },
      { name: "SHORT", value: "abc1234" },
      { name: "KEY_FILE", value: "/etc/keys/deploy_ed25519" },
    ],
  });

  it("is replaced under the name of its variable", () => {
    expect(redactor.redact(`x=${value};`)).toBe("x=[redacted APP_SECRET];");
    expect(redactor.redact("psql postgres://app:tr0ub4dor-3x@db/app and tr0ub4dor-3x")).toBe(
      "psql [redacted DATABASE_URL] and [redacted DATABASE_URL]",
    );
  });

  it("is replaced in base64, in addresses, in JSON and as bytes", () => {
    const bytes = Buffer.from(value, "utf8");
    for (const form of [
      bytes.toString("base64"),
      bytes.toString("base64url"),
      encodeURIComponent(value),
      encodeURIComponent(value).toLowerCase(),
      new URLSearchParams({ q: value }).toString().slice(2),
      JSON.stringify(value).slice(1, -1),
      bytes.toString("latin1"),
    ]) {
      expect(redactor.redact(`<${form}>`)).toMatch(/^<\[redacted APP_SECRET\]=*>$/);
    }
  });

  it("is replaced inside of something longer that is in base64", () => {
    for (const user of ["a:", "ab:", "abc:"]) {
      const text = Buffer.from(user + value + ":z").toString("base64");
      expect(redactor.redact(text)).toContain("[redacted APP_SECRET]");
    }
  });

  it("is left alone where it is a word, short or a path", () => {
    const text = "production abc1234 /etc/keys/deploy_ed25519";
    expect(redactor.redact(text)).toBe(text);
  });

  it("is found by its lines where it has several", () => {
    const keyed = makeRedactor({ values: [{ name: "DEPLOY_KEY", value: privateKey }] });
    const line = privateKey.split("\n")[5] ?? "";
    expect(keyed.redact(`  12 | ${line}`)).toBe("  12 | [redacted DEPLOY_KEY]");
  });

  it("is found however long it is, in pieces", () => {
    const long = Array.from({ length: 900 }, (_, at) => `${at}:${random}`).join(";");
    const out = makeRedactor({ values: [{ name: "BLOB", value: long }] }).redact(`<${long}>`);
    expect(out.replaceAll("[redacted BLOB]", "")).toBe("<>");
  });

  it("never stands in the output, whatever is around it", () => {
    // What begins like a path may be one, and is left alone.
    const secret = fc
      .stringMatching(/^[!-~]{16,40}$/)
      .filter((text) => new Set(text).size > 8 && /\d/.test(text) && !/^(?:~|\.{1,2})?\//.test(text));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (known, before, after) => {
        const out = makeRedactor({ values: [{ name: "N", value: known }] }).redact(before + known + after);
        expect(out).not.toContain(known);
        expect(out).toContain("[redacted ");
      }),
    );
  });
});

/** Text with secrets in it, whole and broken. */
const bits = fc.oneof(
  fc.constantFrom(...Object.values(made), privateKey, ...harmless, `Authorization: Bearer ${random}`, "-----BEGIN "),
  fc
    .constantFrom(...Object.values(made), privateKey)
    .chain((secret) => fc.nat(secret.length).map((length) => secret.slice(0, length))),
  fc.constantFrom("https://me:hunter2-x@host/", "s3cr3t-of-mine", Buffer.from("s3cr3t-of-mine").toString("base64")),
  fc.string({ maxLength: 12 }),
);

describe("a stream", () => {
  const redactor = makeRedactor({ values: [{ name: "MINE", value: "s3cr3t-of-mine" }] });

  it("gives the same wherever it is cut", () => {
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 8 }), fc.array(fc.nat(4_000), { maxLength: 12 }), (parts, cuts) => {
        const text = parts.join("");
        expect(streamed(redactor, pieces(text, cuts))).toBe(redactor.redact(text));
      }),
      { numRuns: 400 },
    );
  });

  it("gives the same character by character", () => {
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 3 }), (parts) => {
        const text = parts.join(" ");
        expect(streamed(redactor, text.split(""))).toBe(redactor.redact(text));
      }),
      { numRuns: 60 },
    );
  });

  it("keeps back a bounded rest, and nothing of a finished line without a secret", () => {
    const stream = redactor.stream();
    expect(stream.push("a line\n")).toBe("a line\n");
    for (const piece of [`ey${cut}J${"a".repeat(100_000)}`, `x://${"u".repeat(100_000)}`, `-----${cut}BEGIN `]) {
      const one = redactor.stream();
      expect(piece.length - one.push(piece).length).toBeLessThan(2_000);
    }
  });

  it("replaces nothing twice", () => {
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 6 }), (parts) => {
        const once = redactor.redact(parts.join(" "));
        expect(redactor.redact(once)).toBe(once);
      }),
    );
  });
});

function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b);
  return places.slice(1).map((place, at) => text.slice(places[at], place));
}

function streamed(redactor: Redactor, parts: readonly string[]): string {
  const stream = redactor.stream();
  return parts.map((part) => stream.push(part)).join("") + stream.end();
}

describe("time", () => {
  // Hostile output: every place looks like the beginning of something.
  it.each([
    "sk-",
    "sk-ant-",
    " sk-ant-",
    "eyJ",
    ".eyJ",
    "\\neyJ",
    "://",
    "://a:b",
    " ://a:b@",
    "-----BEGIN ",
    `-----${cut}BEGIN PRIVATE KEY-----`,
    "-----",
    "Bearer ",
    "authorization: Bearer aaaaaaa ",
    "ghp_",
    "AIza",
    "a",
    "\u001b[31m",
    "s3cr3t-of-min",
  ])("grows no faster than the text: %j", (part) => {
    const redactor = makeRedactor({ values: [{ name: "MINE", value: "s3cr3t-of-mine" }] });
    const text = (length: number): string => part.repeat(Math.ceil(length / part.length));
    const run = (length: number): number => {
      const input = text(length);
      return cpuMsOf(() => redactor.redact(input));
    };
    run(50_000);
    // Quadratic time would be 256 times as long; a busy machine is allowed a lot.
    expect(run(1_600_000)).toBeLessThan(Math.max(50, 16 * 8 * Math.max(1, run(100_000))));
  });
});

// Beside the main clone, or one folder further up.
const shared = new URL(
  existsSync(new URL("../../../shared/", import.meta.url)) ? "../../../shared/" : "../../../../shared/",
  import.meta.url,
);
const absent = !existsSync(new URL("corpus/", shared));

describe.skipIf(absent)(`real texts${absent ? " (the corpus is not on this machine)" : ""}`, () => {
  const files = absent
    ? []
    : ["corpus/roadmaps/", "corpus/errors/", "corpus/", "research/"].flatMap((folder) => textsIn(folder));

  it("were read", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(files)("stay as they are: %s", (file) => {
    const text = readFileSync(new URL(file, shared), "utf8");
    expect(redact(text)).toBe(text);
  });
});

function textsIn(folder: string): string[] {
  return readdirSync(new URL(folder, shared))
    .filter((name) => /\.(md|jsonl|json|mjs)$/.test(name))
    .map((name) => folder + name);
}

it("leaves this repository's own lock file and sources alone", () => {
  for (const file of ["../../package-lock.json", "./redact/shapes.ts", "./redact.ts", "../../README.md"]) {
    const text = readFileSync(new URL(file, import.meta.url), "utf8");
    expect(redact(text)).toBe(text);
  }
});
