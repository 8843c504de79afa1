import type { DetectedCheck } from "./detect-gate.ts";
import { firstOf, namesIn, readText, type RootFiles } from "./root-files.ts";

/** Gems go into the workspace: what is outside of it can mostly not be written to. */
const inWorkspace = "BUNDLE_PATH=vendor/bundle";

export async function detectRuby(root: RootFiles): Promise<DetectedCheck[]> {
  const gemfile = await readText(root, "Gemfile");
  if (gemfile === null) return [];
  const gems = `${gemfile}\n${(await readText(root, "Gemfile.lock")) ?? ""}`;
  const checks = [...quality(root, gems), ...(await testCheck(root, gems))];
  if (checks.length === 0) return [];
  return [...install(root), ...checks];
}

function install(root: RootFiles): DetectedCheck[] {
  if (root.names.has("Gemfile.lock"))
    return [
      {
        name: "bundle",
        run: `${inWorkspace} BUNDLE_FROZEN=true bundle install`,
        kind: "command",
        source: "Gemfile.lock",
      },
    ];
  root.notes.push("Gemfile was found without Gemfile.lock: the newest gems that fit are installed for every gate.");
  return [{ name: "bundle", run: `${inWorkspace} bundle install`, kind: "command", source: "Gemfile" }];
}

function quality(root: RootFiles, gems: string): DetectedCheck[] {
  const tools = [
    ["steep", "Steepfile", "steep", "steep check"],
    ["rubocop", ".rubocop.yml", "rubocop", "rubocop"],
    ["standard", ".standard.yml", "standard", "standardrb"],
  ] as const;
  return tools
    .filter(([gem, file]) => root.names.has(file) && hasGem(gems, gem))
    .map(([, source, name, command]) => ({ name, run: bundled(command), kind: "command", source }));
}

async function testCheck(root: RootFiles, gems: string): Promise<DetectedCheck[]> {
  const specs = await namesIn(root, "spec");
  if (hasGem(gems, "rspec(?:-rails)?") && (root.names.has(".rspec") || specs.length > 0))
    return [{ name: "rspec", run: bundled("rspec"), kind: "test", source: firstOf(root, ".rspec") ?? "spec" }];
  if (!root.names.has("test")) return [];
  if ((await namesIn(root, "bin")).includes("rails"))
    return [{ name: "rails-test", run: `${inWorkspace} bin/rails test`, kind: "test", source: "bin/rails" }];
  const rakefile = firstOf(root, "Rakefile", "rakefile", "Rakefile.rb");
  const task = rakefile !== undefined && /\b(?:Rake|Minitest)::TestTask\b/.test((await readText(root, rakefile)) ?? "");
  return task ? [{ name: "rake-test", run: bundled("rake test"), kind: "test", source: rakefile }] : [];
}

function bundled(command: string): string {
  return `${inWorkspace} bundle exec ${command}`;
}

function hasGem(gems: string, name: string): boolean {
  return new RegExp(`^[ \\t]*(?:gem[ (]+["']${name}["']|${name} \\()`, "m").test(gems);
}
