import { z } from "zod";
import { knownTestRunner } from "../../domain/runner-command.ts";
import type { DetectedCheck } from "./detect-gate.ts";
import { firstOf, readText, type RootFiles } from "./root-files.ts";

const names = z.record(z.string(), z.unknown()).catch({});
const composerFile = z.object({ scripts: names, require: names, "require-dev": names });
type ComposerFile = z.infer<typeof composerFile>;

export async function detectPhp(root: RootFiles): Promise<DetectedCheck[]> {
  const text = await readText(root, "composer.json");
  if (text === null) return [];
  const file = parse(text);
  if (file === null) {
    root.notes.push("composer.json is not a valid JSON object and was ignored.");
    return [];
  }
  const checks = [...quality(root, file), ...testCheck(root, file)];
  return checks.length === 0 ? [] : [...install(root), ...checks];
}

function parse(text: string): ComposerFile | null {
  try {
    return composerFile.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Programs in vendor/ are started by php: before they are installed nothing could tell whether they are there. */
function install(root: RootFiles): DetectedCheck[] {
  const run = "composer install --no-interaction --no-progress";
  if (!root.names.has("composer.lock"))
    root.notes.push(
      "composer.json was found without composer.lock: the newest packages that fit are installed for every gate.",
    );
  return [{ name: "composer", run, kind: "command", source: firstOf(root, "composer.lock") ?? "composer.json" }];
}

function quality(root: RootFiles, file: ComposerFile): DetectedCheck[] {
  const tools = [
    [
      "phpstan",
      /^phpstan\/phpstan$|^larastan\/|^nunomaduro\/larastan$/,
      ["phpstan.neon", "phpstan.neon.dist", "phpstan.dist.neon"],
      "phpstan analyse --no-progress",
    ],
    ["psalm", /^vimeo\/psalm$/, ["psalm.xml", "psalm.xml.dist"], "psalm --no-progress"],
    [
      "phpcs",
      /^squizlabs\/php_codesniffer$/,
      ["phpcs.xml", ".phpcs.xml", "phpcs.xml.dist", ".phpcs.xml.dist"],
      "phpcs",
    ],
  ] as const;
  return tools.flatMap(([name, needed, configs, command]) => {
    const source = firstOf(root, ...configs);
    if (source === undefined || !requires(file, needed)) return [];
    return [{ name, run: `php vendor/bin/${command}`, kind: "command" as const, source }];
  });
}

function testCheck(root: RootFiles, file: ComposerFile): DetectedCheck[] {
  const script = Object.hasOwn(file.scripts, "test") ? file.scripts["test"] : undefined;
  const lines = [script].flat().filter((line) => typeof line === "string");
  if (lines.length > 0) {
    // Of its other lines, such as `@php artisan config:clear`, none hides the summary.
    const known = lines.some((line) => knownTestRunner(line.replace(/^@(?:php )?/, "")) !== null);
    return [{ name: "test", run: "composer test", kind: known ? "test" : "command", source: "composer.json: test" }];
  }
  const config = firstOf(root, "phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml");
  if (config === undefined) return [];
  if (root.names.has("artisan") && requires(file, /^laravel\/framework$/))
    return [{ name: "artisan-test", run: "php artisan test", kind: "test", source: config }];
  if (requires(file, /^pestphp\/pest$/))
    return [{ name: "pest", run: "php vendor/bin/pest", kind: "test", source: config }];
  if (!requires(file, /^phpunit\/phpunit$/)) return [];
  return [{ name: "phpunit", run: "php vendor/bin/phpunit", kind: "test", source: config }];
}

function requires(file: ComposerFile, name: RegExp): boolean {
  return [...Object.keys(file.require), ...Object.keys(file["require-dev"])].some((key) => name.test(key));
}
