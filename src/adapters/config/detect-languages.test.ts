import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "./load-config.ts";
import { detectGate } from "./detect-gate.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "detect-languages-"));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;
type Row = readonly [name: string, files: Files, checks: readonly string[]];

async function detected(files: Files, missing: readonly string[] = []): ReturnType<typeof detectGate> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return await detectGate(root, (program) => !missing.includes(program));
}

/** `name: command`, tests with an asterisk. */
async function checksOf(files: Files, missing: readonly string[] = []): Promise<string[]> {
  const { checks } = await detected(files, missing);
  return checks.map(({ name, run, kind }) => `${name}: ${run}${kind === "test" ? " *" : ""}`);
}

const scripts = (own: Readonly<Record<string, string>>): Files => ({
  "package.json": JSON.stringify({ scripts: own }),
});

const node: readonly Row[] = [
  ["a build that compiles, for types", scripts({ build: "tsc -b && vite build" }), ["build: npm run -s build"]],
  [
    "a script for types rather than the build",
    scripts({ build: "tsc", typecheck: "tsc --noEmit" }),
    ["types: npm run -s typecheck"],
  ],
  ["no build that does not compile", scripts({ build: "webpack", start: "tsc" }), []],
  [
    "a lint that mends nothing",
    scripts({ lint: "eslint --fix .", "lint:check": "eslint ." }),
    ["lint: npm run -s lint:check"],
  ],
  ["a lint that mends, where there is no other", scripts({ lint: "eslint --fix ." }), ["lint: npm run -s lint"]],
  [
    "coverage in place of the same tests",
    scripts({ test: "vitest", coverage: "vitest run --coverage" }),
    ["coverage: npm run -s coverage *"],
  ],
  [
    "coverage around the same tests",
    scripts({ test: "mocha src", "test:cov": "c8 --all mocha src" }),
    ["coverage: npm run -s test:cov *"],
  ],
  [
    "tests that are not what coverage measures",
    scripts({ test: "mocha src && ./more", coverage: "c8 mocha src" }),
    ["test: npm test *"],
  ],
  [
    "tests, where coverage is sent somewhere",
    scripts({ test: "jest", coverage: "jest --coverage && codecov" }),
    ["test: npm test *"],
  ],
];

const pyproject = (text: string): Files => ({ "pyproject.toml": text, "tests/test_a.py": "import pytest\n" });
const uvLock = '[[package]]\nname = "pytest"\n\n[[package]]\nname = "mypy"\n';

const python: readonly Row[] = [
  [
    "ruff and mypy",
    pyproject("[tool.ruff.lint]\n[tool.mypy]\nfiles = ['src']\n[project]\ndev = ['mypy>=1']\n"),
    ["ruff: ruff check .", "mypy: mypy", "pytest: python3 -m pytest -q *"],
  ],
  [
    "mypy only where it knows what to look at",
    { ...pyproject("[tool.mypy]\nstrict = true\n[tool.x]\nfiles = 'a'\n"), "requirements.txt": "mypy\n" },
    ["pytest: python3 -m pytest -q *"],
  ],
  [
    "ini files",
    {
      "mypy.ini": "[mypy]\npackages = a\n",
      ".flake8": "",
      "pyrightconfig.json": "{}",
      "requirements-dev.txt": "mypy==1\npyright\n",
    },
    ["flake8: flake8", "mypy: mypy", "pyright: pyright"],
  ],
  [
    "what is locked, from the project's own environment",
    { ...pyproject("[tool.ruff]\n[tool.mypy]\nfiles = 'src'\n"), "uv.lock": uvLock },
    [
      "uv: uv sync --frozen --all-extras --all-groups",
      "ruff: ruff check .",
      "mypy: uv run --no-sync mypy",
      "pytest: uv run --no-sync python -m pytest -q *",
    ],
  ],
  [
    "no type checker that is configured for editors alone",
    { ...pyproject("[tool.pyright]\n[tool.mypy]\nfiles = 'src'\n"), "uv.lock": 'name = "pytest"\n' },
    ["uv: uv sync --frozen --all-extras --all-groups", "pytest: uv run --no-sync python -m pytest -q *"],
  ],
  [
    "poetry's environment",
    { ...pyproject(""), "poetry.lock": 'name = "pytest"\n' },
    ["poetry: poetry install --no-interaction", "pytest: poetry run python -m pytest -q *"],
  ],
];

const gradle = { gradlew: "", "src/test/java/A.java": "" };

const compiled: readonly Row[] = [
  [
    "Go with a linter",
    { "go.mod": "", ".golangci.yml": "" },
    ["go-build: go build ./...", "golangci-lint: golangci-lint run", "go-test: go test ./... *"],
  ],
  [
    "clippy where it is configured",
    { "Cargo.toml": "[lints.clippy]\nall = 'deny'\n" },
    ["clippy: cargo clippy --all-targets", "cargo-test: cargo test *"],
  ],
  [
    "Maven with coverage",
    { "pom.xml": "<artifactId>jacoco-maven-plugin</artifactId><goal>check</goal>" },
    ["maven-test: mvn -B verify *"],
  ],
  [
    "Maven with integration tests",
    {
      "pom.xml":
        "<artifactId>jacoco-maven-plugin</artifactId><goal>check</goal><artifactId>maven-failsafe-plugin</artifactId>",
    },
    ["maven-test: mvn -B test *"],
  ],
  [
    "Gradle, counted from its files",
    { ...gradle, "build.gradle": "plugins { id 'java' }" },
    ["gradle-test: ./gradlew test *"],
  ],
  [
    "Gradle with a linter",
    { ...gradle, "build.gradle.kts": "plugins { checkstyle }" },
    ["gradle-test: ./gradlew check *"],
  ],
  [
    "Gradle whose results are elsewhere",
    { ...gradle, "build.gradle": "buildDir = 'out'" },
    ["gradle-test: ./gradlew test"],
  ],
  ["Gradle with modules", { gradlew: "", "app/src/test/A.kt": "" }, ["gradle-test: ./gradlew test *"]],
  ["Gradle without tests", { gradlew: "", "app/src/main/A.kt": "" }, ["gradle-test: ./gradlew test"]],
  ["Gradle without a wrapper", { "build.gradle": "", "src/test/A.java": "" }, ["gradle-test: gradle test *"]],
  [
    "a .NET solution with tests",
    { "x.sln": 'Project("{1}") = "X.Tests", "X.Tests\\X.Tests.csproj", "{2}"', "x.csproj": "" },
    ["dotnet-build: dotnet build", "dotnet-test: dotnet test --no-build *"],
  ],
  ["a .NET project without tests", { "x.csproj": "<Project/>" }, ["dotnet-build: dotnet build"]],
  ["several .NET projects", { "a.slnx": "", "it's b.slnx": "" }, ["dotnet-build: dotnet build 'a.slnx'"]],
  [
    "a Makefile's check and lint",
    { Makefile: "check: all\nlint typecheck:\n" },
    ["make-typecheck: make typecheck", "make-lint: make lint", "test: make check"],
  ],
];

const gems = { Gemfile: 'gem "rspec"\ngem "rubocop", require: false\n', "Gemfile.lock": "" };
const ruby = "BUNDLE_PATH=vendor/bundle";
const composer = (own: object, scriptsOfIt: object = {}): Files => ({
  "composer.json": JSON.stringify({ "require-dev": own, scripts: scriptsOfIt }),
  "composer.lock": "{}",
});
const installed = "composer: composer install --no-interaction --no-progress";

const scripting: readonly Row[] = [
  [
    "RSpec and rubocop",
    { ...gems, ".rspec": "", ".rubocop.yml": "" },
    [
      `bundle: ${ruby} BUNDLE_FROZEN=true bundle install`,
      `rubocop: ${ruby} bundle exec rubocop`,
      `rspec: ${ruby} bundle exec rspec *`,
    ],
  ],
  ["no rubocop that is no gem of the project", { Gemfile: "", ".rubocop.yml": "" }, []],
  [
    "Rails",
    { Gemfile: 'gem "rails"', "Gemfile.lock": "", "bin/rails": "", "test/a_test.rb": "" },
    [`bundle: ${ruby} BUNDLE_FROZEN=true bundle install`, `rails-test: ${ruby} bin/rails test *`],
  ],
  [
    "a test task of rake",
    { Gemfile: "gemspec\n", Rakefile: "Minitest::TestTask.create\n", "test/a.rb": "" },
    [`bundle: ${ruby} bundle install`, `rake-test: ${ruby} bundle exec rake test *`],
  ],
  [
    "PHPUnit and PHPStan",
    { ...composer({ "phpunit/phpunit": "^11", "phpstan/phpstan": "^2" }), "phpunit.xml.dist": "", "phpstan.neon": "" },
    [installed, "phpstan: php vendor/bin/phpstan analyse --no-progress", "phpunit: php vendor/bin/phpunit *"],
  ],
  ["Pest", { ...composer({ "pestphp/pest": "^3" }), "phpunit.xml": "" }, [installed, "pest: php vendor/bin/pest *"]],
  [
    "composer's own test script",
    composer({}, { test: ["@php artisan config:clear", "@php artisan test"] }),
    [installed, "test: composer test *"],
  ],
  ["no PHPStan that is not required", { ...composer({}), "phpstan.neon": "" }, []],
  ["a composer.json that is none", { "composer.json": "[" }, []],
];

describe("the checks of a project", () => {
  it.each([...node, ...python, ...compiled, ...scripting])("are found: %s", async (_, files, expected) => {
    expect(await checksOf(files)).toEqual(expected);
  });

  it("leave out tools that are not installed, and say so", async () => {
    const files = { ...pyproject("[tool.ruff]\n"), "Cargo.toml": "[lints.clippy]\n" };
    const { checks, notes } = await detected(files, ["ruff", "cargo-clippy"]);
    expect(checks.map(({ name }) => name)).toEqual(["pytest", "cargo-test"]);
    expect(notes).toEqual([
      "pyproject.toml speaks for `ruff check .`, but ruff is not installed: no check was added for it.",
      "Cargo.toml speaks for `cargo clippy --all-targets`, but cargo-clippy is not installed: no check was added for it.",
    ]);
  });

  it("without uv are run by the Python on PATH", async () => {
    expect(await checksOf({ ...pyproject(""), "uv.lock": uvLock }, ["uv"])).toEqual(["pytest: python3 -m pytest -q *"]);
  });

  it("are a gate as they are", async () => {
    const { checks } = await detected({ ...gradle, ...gems, ".rspec": "", "it's.sln": "" });
    const stated = checks.map(({ name, run, kind, junit }) => ({
      name,
      run,
      kind,
      ...(junit === undefined ? {} : { junit }),
    }));
    const config = await parseConfig(JSON.stringify({ gate: { checks: stated } }), "f");
    expect(config.gate?.checks).toEqual(stated);
  });
});
