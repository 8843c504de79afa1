import { plural } from "../../std/text.ts";
import type { FileDiff } from "./diff.ts";
import { isBuildFile } from "./gate-paths.ts";
import { changedScripts } from "./gate-scripts.ts";
import type { Suspicion } from "./finding.ts";
import { isTestFile, manifestOf, nameOf, pathMatcher } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";

/** What the agent may write, and what the task was planned to touch. */
export function scopeSuspicions(input: PolicyInput): Suspicion[] {
  return [...outsideOfAgent(input), ...outsideOfTask(input), ...missing(input), ...gateFiles(input)];
}

function outsideOfAgent({ agent, diff }: PolicyInput): Suspicion[] {
  if (agent.files.length === 0) return [];
  const within = pathMatcher(agent.files);
  return diff.files
    .filter(({ path }) => !within(path))
    .map(({ path }) => ({
      rule: "write-scope",
      path,
      line: null,
      what: `outside of what ${agent.name} may write (${agent.files.slice(0, 5).join(", ")})`,
      certain: true,
    }));
}

const mostNamed = 5;

/** One finding, however many files: it is about how much was done. Tests and lock files of what is named are no surprise. */
function outsideOfTask({ task, diff }: PolicyInput): Suspicion[] {
  const declared = declaredPaths(task.files);
  if (declared.length === 0) return [];
  const within = pathMatcher(declared);
  const stems = new Set(declared.map((path) => stemOf(nameOf(path))));
  const outside = diff.files.filter(
    ({ path }) => !within(path) && manifestOf(path) === null && !(isTestFile(path) && stems.has(stemOf(nameOf(path)))),
  );
  if (outside.length === 0) return [];
  const named = outside.slice(0, mostNamed).map(({ path }) => path);
  const more = outside.length > mostNamed ? ` and ${outside.length - mostNamed} more` : "";
  const what = `${plural(outside.length, "file")} changed that the task does not name: ${named.join(", ")}${more}`;
  return [{ rule: "task-files", path: null, line: null, what, certain: true }];
}

/** `parser` of `test_parser.py`, `ParserTest.java`, `parser.test.ts`. */
function stemOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/^test_/, "")
    .replace(/\..*$/, "")
    .replace(/[_-]?(?:tests?|spec|it)$/, "");
}

/** As written in a roadmap: a place within the file may follow. What cannot be a path of the repository is none. */
export function declaredPaths(files: readonly string[]): string[] {
  return files
    .map((file) =>
      file
        .replace(/^(?:\.\/)+/, "")
        .replace(/(?::\d+(?:[-–:]\d+)?|#L?\d+(?:-L?\d+)?)$/, "")
        .replace(/\/+$/, "/"),
    )
    .filter((file) => file !== "" && !/[\s()<>|"'`$]|::|^[/~-]|^\w+:\/\/|(?:^|\/)\.\.(?:\/|$)/.test(file));
}

export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** Of the declared files those that no change touched and that have to be looked for. */
export function declaredButUntouched({ task, diff }: Pick<PolicyInput, "task" | "diff">): string[] {
  return declaredPaths(task.files).filter((path) => !diff.files.some((file) => isMeantBy(path, file)));
}

/** A name without a folder may stand for a file anywhere. */
function isMeantBy(declared: string, { path }: Pick<FileDiff, "path">): boolean {
  return pathMatcher([declared])(path);
}

function missing(input: PolicyInput): Suspicion[] {
  if (input.task.filesGuessed === true) return [];
  return declaredButUntouched(input)
    .filter((path) => !input.present.has(path))
    .map((path) =>
      isPattern(path)
        ? {
            rule: "missing-files",
            path,
            line: null,
            what: "the task names such files, and none was written",
            certain: false,
          }
        : {
            rule: "missing-files",
            path,
            line: null,
            what: "the task names this file, and it is not there",
            certain: looksLikeFile(path),
          },
    );
}

/** With a folder or an ending; a bare word may be anything. */
function looksLikeFile(path: string): boolean {
  return /\/|\.[A-Za-z]\w*$/.test(path);
}

function gateFiles({ diff, gatePaths, gateScripts = [], task }: PolicyInput): Suspicion[] {
  const wanted = new Set(task.filesGuessed === true ? [] : declaredPaths(task.files));
  const files = diff.files.filter(({ path }) => !wanted.has(path));
  const named = files
    .filter(({ path }) => path === "nightcrew.yaml" || gatePaths.includes(path))
    .map(({ path, status }): Suspicion => {
      const what = path === "nightcrew.yaml" ? "how work is judged is defined here" : "a check of the gate runs it";
      // A test that the gate names is changed by tests' own rules; one that is not there yet was meant to be written.
      const certain = path === "nightcrew.yaml" || (status !== "added" && !isTestFile(path) && !isBuildFile(path));
      return { rule: "gate-files", path, line: null, what: `${status}, and ${what}`, certain };
    });
  return [...named, ...changedScripts(files, gateScripts, task)];
}
