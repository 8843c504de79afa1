import type { DetectedCheck } from "./detect-gate.ts";
import { firstOf, namesIn, readText, type RootFiles } from "./root-files.ts";

/** Maven and Gradle: compiling is part of testing. */
export async function detectJvm(root: RootFiles): Promise<DetectedCheck[]> {
  return [...(await detectMaven(root)), ...(await detectGradle(root))];
}

const mavenQuality =
  /<artifactId>(?:maven-checkstyle-plugin|maven-pmd-plugin|spotbugs-maven-plugin|jacoco-maven-plugin)</;

/** Style and coverage are checked in `verify`; integration tests run there as well, and may need what is not here. */
async function detectMaven(root: RootFiles): Promise<DetectedCheck[]> {
  const text = await readText(root, "pom.xml");
  if (text === null) return [];
  const mvn = root.names.has("mvnw") ? "./mvnw" : "mvn";
  const checks = mavenQuality.test(text) && text.includes("<goal>check</goal>");
  const verify = checks && !text.includes("maven-failsafe-plugin");
  if (checks && !verify)
    root.notes.push(
      "pom.xml has integration tests in `verify`: style and coverage are not checked, only `test` is run.",
    );
  return [{ name: "maven-test", run: `${mvn} -B ${verify ? "verify" : "test"}`, kind: "test", source: "pom.xml" }];
}

const gradleQuality = /\b(?:checkstyle|pmd|spotbugs|detekt|ktlint|codenarc)\b/i;
/** Results are then elsewhere, or nowhere. */
const ownPlaces = /\bbuildDir\b|\bbuildDirectory\b|\bjunitXml\b/;
const results = "**/build/test-results/*/*.xml";

/** Gradle says nothing about tests that passed: they are counted from its files. */
async function detectGradle(root: RootFiles): Promise<DetectedCheck[]> {
  const build = firstOf(root, "build.gradle", "build.gradle.kts");
  const command = root.names.has("gradlew") ? "./gradlew" : "gradle";
  if (command === "gradle" && build === undefined) return [];
  if (command === "gradle" && !root.isInstalled("gradle")) {
    root.notes.push(`${build} was found without a Gradle wrapper: no check was added for it.`);
    return [];
  }
  const text = build === undefined ? "" : ((await readText(root, build)) ?? "");
  const run = `${command} ${gradleQuality.test(text) ? "check" : "test"}`;
  const source = command === "gradle" ? (build ?? "") : "gradlew";
  if (!ownPlaces.test(text) && (await hasTests(root)))
    return [{ name: "gradle-test", run, kind: "test", junit: results, source }];
  root.notes.push("Gradle prints no test count when all tests pass: `gradle-test` is judged by its exit code alone.");
  return [{ name: "gradle-test", run, kind: "command", source }];
}

const maxModules = 200;

async function hasTests(root: RootFiles): Promise<boolean> {
  if ((await namesIn(root, "src")).includes("test")) return true;
  for (const name of [...root.names].slice(0, maxModules)) {
    if (name.startsWith(".") || name.includes(".") || name === "build") continue;
    if ((await namesIn(root, `${name}/src`)).includes("test")) return true;
  }
  return false;
}
