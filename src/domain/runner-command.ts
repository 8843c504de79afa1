import { nodeTestArguments, program } from "./shell-program.ts";
import { type ShellCommand, shellCommands } from "./shell-words.ts";

interface KnownRunner {
  readonly runner: string;
  readonly heads: readonly string[];
  /** The first argument that is no option must be one of these. */
  readonly subcommands?: readonly string[];
  /** Arguments with which it runs no test, does not end, or hides its counts. */
  readonly unless?: RegExp;
  /** Where a reporter is chosen, one of those chosen must print a summary we know. */
  readonly reporter?: { readonly flag: RegExp; readonly known: RegExp };
}

const anyUnless = /^(?:--help|-h|--version|-V|--watch|--watchAll)$/;

const knownRunners: readonly KnownRunner[] = [
  {
    runner: "vitest",
    heads: ["vitest"],
    unless: /^(?:bench|list|init|typecheck|watch|dev|-w|--ui|--mergeReports)$/,
    reporter: { flag: /^--reporters?$/, known: /^(?:default|verbose|tree|basic|dot|minimal|agent|tap|tap-flat)$/ },
  },
  {
    runner: "jest",
    heads: ["jest"],
    unless: /^--(?:json|listTests|showConfig|clearCache|init|reporters(?:=.*)?)$/,
  },
  { runner: "jest", heads: ["react-scripts"], subcommands: ["test"] },
  {
    runner: "mocha",
    heads: ["mocha", "_mocha"],
    unless: /^(?:-w|--dry-run)$/,
    reporter: { flag: /^(?:-R|--reporter)$/, known: /^(?:spec|dot|list|min|tap|nyan|landing|progress)$/ },
  },
  { runner: "ava", heads: ["ava"], unless: /^-w$/ },
  { runner: "jasmine", heads: ["jasmine"], unless: /^(?:init|examples|enumerate|--reporter(?:=.*)?)$/ },
  { runner: "uvu", heads: ["uvu"] },
  {
    runner: "playwright",
    heads: ["playwright"],
    subcommands: ["test"],
    unless: /^--(?:list|ui|debug)$/,
    reporter: { flag: /^--reporter$/, known: /^(?:list|line|dot)$/ },
  },
  {
    runner: "TAP",
    heads: ["tape", "tap", "bats"],
    unless: /^(?:-F|--formatter|--pretty|-p|-c|--count)$/,
    reporter: { flag: /^(?:-R|--reporter)$/, known: /^(?:tap|base)$/ },
  },
  {
    runner: "pytest",
    heads: ["pytest", "py.test"],
    // From the second -q on the summary has no counts.
    unless: /^(?:-qq+|--collect-only|--co|--fixtures|--markers|--setup-plan|no:terminal|-pno:terminal)$/,
  },
  { runner: "unittest", heads: ["-m unittest"] },
  { runner: "unittest", heads: ["manage.py", "django-admin"], subcommands: ["test"] },
  { runner: "go test", heads: ["go"], subcommands: ["test"], unless: /^-(?:c|n|list(?:=.*)?)$/ },
  { runner: "gotestsum", heads: ["gotestsum"], unless: /^tool$/ },
  { runner: "cargo test", heads: ["cargo"], subcommands: ["test", "t"], unless: /^--(?:no-run|list|format(?:=.*)?)$/ },
  { runner: "cargo nextest", heads: ["cargo nextest"], subcommands: ["run", "r"], unless: /^--no-run$/ },
  {
    runner: "maven",
    heads: ["mvn", "mvnw"],
    subcommands: ["test", "integration-test", "verify", "install", "package"],
    unless: /^(?:-q|--quiet|-DskipTests(?:=true)?|-Dmaven\.test\.skip(?:=true)?)$/,
  },
  { runner: "ctest", heads: ["ctest"], unless: /^(?:-N|--show-only.*|-Q|--quiet|--print-labels)$/ },
  {
    runner: "RSpec",
    heads: ["rspec"],
    unless: /^--dry-run$/,
    reporter: { flag: /^(?:-f|--format)$/, known: /^(?:p|progress|d|doc|documentation)$/ },
  },
  { runner: "minitest", heads: ["rails"], subcommands: ["test"] },
  { runner: "PHPUnit", heads: ["phpunit"], unless: /^--(?:list-.*|no-output|no-results|teamcity)$/ },
  { runner: "Pest", heads: ["pest"], unless: /^--(?:list-.*|no-output|teamcity)$/ },
  { runner: "Pest", heads: ["artisan"], subcommands: ["test"] },
  {
    runner: "dotnet test",
    heads: ["dotnet"],
    subcommands: ["test"],
    unless: /^(?:-t|--list-tests|(?:-v|--verbosity)[=:]?q(?:uiet)?|q|quiet)$/,
  },
  { runner: "bun test", heads: ["bun"], subcommands: ["test"] },
  {
    runner: "deno test",
    heads: ["deno"],
    subcommands: ["test"],
    unless: /^--no-run$/,
    reporter: { flag: /^--reporter$/, known: /^(?:pretty|dot|tap)$/ },
  },
  { runner: "prove", heads: ["prove"], unless: /^(?:-[a-zA-Z]*Q[a-zA-Z]*|-D|--dry|--QUIET)$/ },
  { runner: "XCTest", heads: ["swift"], subcommands: ["test"], unless: /^(?:list|-l|--list-tests|-q|--quiet)$/ },
];

/** node takes its test files as arguments: what makes it a test runner is an option. */
const nodeTest: KnownRunner = {
  runner: "node:test",
  heads: [],
  reporter: { flag: /^--test-reporter$/, known: /^(?:spec|tap)$/ },
};

const maxCommandChars = 10_000;

/**
 * The runner that a shell line surely starts and whose summary `countTests` knows; null when that is not sure, as with
 * `npm test` or `make test`, which run whatever their file says.
 */
export function knownTestRunner(command: string): string | null {
  if (command.length > maxCommandChars) return null;
  return runnerIn(command, 2);
}

function runnerIn(command: string, depth: number): string | null {
  for (const candidate of shellCommands(command)) {
    const runner = candidate.hidden ? null : runnerOf(candidate, depth);
    if (runner !== null) return runner;
  }
  return null;
}

function runnerOf(candidate: ShellCommand, depth: number): string | null {
  const [head = "", ...args] = program(candidate.words, isRunner);
  if (/^(?:ba|da|z|k)?sh$/.test(head) && depth > 0) {
    const inner = /^-[a-z]*c$/.test(args[0] ?? "") ? args[1] : undefined;
    return inner === undefined ? null : runnerIn(inner, depth - 1);
  }
  if (head === "node" || head === "tsx") return nodeTestArguments(args) && allows(nodeTest, args) ? "node:test" : null;
  return knownRunners.find((known) => known.heads.includes(head) && allows(known, args))?.runner ?? null;
}

function isRunner(word: string): boolean {
  return knownRunners.some(({ heads }) => heads.includes(word));
}

function allows(known: KnownRunner, args: readonly string[]): boolean {
  if (args.some((arg) => anyUnless.test(arg) || known.unless?.test(arg) === true)) return false;
  if (known.runner === "pytest" && args.filter((arg) => arg === "-q" || arg === "--quiet").length > 1) return false;
  if (known.subcommands !== undefined) {
    const words = args.filter((arg) => !/^[-+]/.test(arg));
    const found = known.runner === "maven" ? words : words.slice(0, 1);
    if (!found.some((word) => known.subcommands?.includes(word))) return false;
  }
  return known.reporter === undefined || reportersKnown(known.reporter, args);
}

function reportersKnown(reporter: NonNullable<KnownRunner["reporter"]>, args: readonly string[]): boolean {
  const chosen = args.flatMap((arg, index) => {
    const [flag = "", value] = arg.split("=", 2);
    if (!reporter.flag.test(flag)) return [];
    return [value ?? args[index + 1] ?? ""];
  });
  return chosen.length === 0 || chosen.some((name) => reporter.known.test(name));
}
