import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knownTestRunner } from "./runner-command.ts";

const known: readonly (readonly [string, string])[] = [
  ["vitest", "vitest"],
  ["npx vitest run", "vitest"],
  ["npx --yes vitest@4.1.2 run", "vitest"],
  ["node node_modules/vitest/vitest.mjs run", "vitest"],
  ["vitest run --reporter=default --reporter=junit --outputFile=out.xml", "vitest"],
  ["pnpm --filter web exec vitest run", "vitest"],
  ["CI=1 yarn jest", "jest"],
  ["NODE_OPTIONS='--max-old-space-size=4096 --x' ./node_modules/.bin/jest --silent", "jest"],
  ["node --experimental-vm-modules node_modules/jest/bin/jest.js", "jest"],
  ["cross-env NODE_ENV=test jest --coverage", "jest"],
  ["react-scripts test --watchAll=false", "jest"],
  ["nyc mocha", "mocha"],
  ["mocha -R spec", "mocha"],
  ["c8 --reporter=text ava", "ava"],
  ["tape test/*.js", "TAP"],
  ["tape test/*.js | tee log.txt", "TAP"],
  ["npm run build && node --test", "node:test"],
  ["node --import tsx --test src/*.test.ts", "node:test"],
  ["tsx --test 'src/**/*.test.ts'", "node:test"],
  ["node --test --test-reporter=spec --test-reporter=lcov", "node:test"],
  ["python -m pytest -q", "pytest"],
  ["python3.12 -W error -m pytest -m 'not slow'", "pytest"],
  ["uv run --extra dev pytest", "pytest"],
  ["uv run -m pytest", "pytest"],
  ["poetry run pytest tests", "pytest"],
  [".venv/bin/python -m pytest", "pytest"],
  ["PYTHONPATH=$(pwd) pytest", "pytest"],
  ["coverage run -m pytest && coverage report", "pytest"],
  ["python3 -m coverage run -m unittest", "unittest"],
  ["python3 -m unittest discover -s tests", "unittest"],
  ["python manage.py test", "unittest"],
  ["jasmine spec/*.js", "jasmine"],
  ["npx playwright test --reporter=line", "playwright"],
  ["c8 uvu tests", "uvu"],
  ["go test ./...", "go test"],
  ["go test -v -race ./... 2>&1 | tee out.log", "go test"],
  ["gotestsum -- -race ./...", "gotestsum"],
  ["cargo test", "cargo test"],
  ["cargo +nightly --locked test --workspace -- --nocapture", "cargo test"],
  ["cargo nextest run", "cargo nextest"],
  ["mvn -B test", "maven"],
  ["./mvnw -pl core -am clean verify", "maven"],
  ["cmake --build build && ctest --test-dir build", "ctest"],
  ["bundle exec rspec", "RSpec"],
  ["bin/rails test", "minitest"],
  ["./vendor/bin/phpunit --testdox", "PHPUnit"],
  ["php vendor/bin/phpunit", "PHPUnit"],
  ["php artisan test", "Pest"],
  ["dotnet test --no-build", "dotnet test"],
  ["bun test", "bun test"],
  ["deno test -A", "deno test"],
  ["prove -lr t", "prove"],
  ["swift test", "XCTest"],
  ["cd web && npx vitest run", "vitest"],
  ["(cd web; npx vitest run)", "vitest"],
  ["set -e\ncd web\ntimeout -k 5 600 npx vitest run\n", "vitest"],
  ["bash -lc 'cd web && npx vitest run'", "vitest"],
  ["if npx vitest run; then echo fine; fi", "vitest"],
  ["eslint . && pytest", "pytest"],
];

const unknown: readonly string[] = [
  "",
  "npm test",
  "npm run test",
  "pnpm test",
  "yarn test",
  "bun run test",
  "make test",
  "./test.sh",
  "./gradlew test",
  "rake test",
  // Names that are only talked about.
  "echo vitest",
  "grep -r pytest .",
  "npm install vitest",
  "pip install pytest",
  "echo 'a && pytest'",
  "echo $(npx vitest run)",
  "scripts/jest",
  "node scripts/jest.js",
  "node script.js --test",
  "python script.py -m pytest",
  "cargo build",
  "go vet ./...",
  "mvn package-thing",
  "deno task test",
  // Runners that run nothing, do not end, or hide their counts.
  "vitest bench",
  "vitest --watch",
  "vitest watch",
  "jest --watchAll",
  "jest --listTests",
  "jest --json",
  "npx playwright install",
  "playwright test --reporter=html",
  "pytest --collect-only",
  "pytest -qq",
  "pytest -q -q",
  "pytest --version",
  "mocha --dry-run",
  "mocha --reporter json",
  "vitest run --reporter json",
  "node --test --test-reporter=dot",
  "go test -c",
  "cargo test --no-run",
  "mvn -q test",
  "mvn install -DskipTests",
  "ctest -N",
  "dotnet test --list-tests",
  // Their output does not get here.
  "pytest > log.txt",
  "pytest &> /dev/null",
  "python -m unittest 2>/dev/null",
  "npx vitest run | grep -q passed",
  "tape test/*.js | tap-spec",
  "pytest >>log 2>&1",
];

describe("knownTestRunner", () => {
  it.each(known)("%s is %s", (command, runner) => {
    expect(knownTestRunner(command)).toBe(runner);
  });

  it.each(unknown)("is not sure about %j", (command) => {
    expect(knownTestRunner(command)).toBeNull();
  });

  it("never throws, and takes no time for what is too long to be a command", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...known.flatMap(([command]) => command.split(" ")),
        "&&",
        "|",
        "'",
        '"',
        "\\",
        "$(",
        ")",
        ">",
        "`",
      ),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const runner = knownTestRunner(pieces.join(" "));
        expect(runner === null || runner !== "").toBe(true);
      }),
    );
    expect(knownTestRunner(`pytest ${"'".repeat(1_000_000)}`)).toBeNull();
    expect(knownTestRunner("'\" ".repeat(3_000))).toBeNull();
  });

  it("sees through any number of assignments and wrappers it knows", () => {
    const wrapper = fc.constantFrom(
      "A=1",
      "env",
      "npx",
      "time",
      "timeout 60",
      "poetry run",
      "uv run",
      "pnpm exec",
      "c8",
    );
    fc.assert(
      fc.property(
        fc.array(wrapper, { maxLength: 5 }),
        fc.constantFrom("vitest run", "pytest", "mocha"),
        (before, run) => {
          expect(knownTestRunner([...before, run].join(" "))).toBe(run.split(" ")[0]);
        },
      ),
    );
  });
});
