import type { DetectedCheck } from "./detect-gate.ts";
import { readText, type RootFiles } from "./root-files.ts";

/** Go, Cargo, Maven and Gradle. */
export function detectBuildTools(root: RootFiles): DetectedCheck[] {
  const checks: DetectedCheck[] = [];
  if (root.names.has("go.mod")) {
    checks.push({ name: "go-test", run: "go test ./...", kind: "test", source: "go.mod" });
  }
  if (root.names.has("Cargo.toml")) {
    checks.push({ name: "cargo-test", run: "cargo test", kind: "test", source: "Cargo.toml" });
  }
  if (root.names.has("pom.xml")) {
    const mvn = root.names.has("mvnw") ? "./mvnw" : "mvn";
    checks.push({ name: "maven-test", run: `${mvn} -B test`, kind: "test", source: "pom.xml" });
  }
  return [...checks, ...detectGradle(root)];
}

/** A plain command: Gradle says nothing about tests that passed. */
function detectGradle(root: RootFiles): DetectedCheck[] {
  if (root.names.has("gradlew")) {
    root.notes.push("Gradle prints no test count when all tests pass: `gradle-test` is judged by its exit code alone.");
    return [{ name: "gradle-test", run: "./gradlew test", kind: "command", source: "gradlew" }];
  }
  const build = ["build.gradle", "build.gradle.kts"].find((name) => root.names.has(name));
  if (build !== undefined) root.notes.push(`${build} was found without a Gradle wrapper: no check was added for it.`);
  return [];
}

/** The order in which make looks for them. */
const makefiles = ["GNUmakefile", "makefile", "Makefile"];

export async function detectMake(root: RootFiles): Promise<DetectedCheck[]> {
  const name = makefiles.find((candidate) => root.names.has(candidate));
  if (name === undefined) return [];
  const text = (await readText(root, name)) ?? "";
  const targets = [...text.matchAll(/^([\w.-][\w.\- \t]*):{1,2}(?![:=])/gm)].flatMap(
    (rule) => rule[1]?.split(/[ \t]+/) ?? [],
  );
  if (!targets.includes("test")) return [];
  return [{ name: "test", run: "make test", kind: "command", source: `${name}: test` }];
}
