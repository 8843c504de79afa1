import { detectBuildTools, detectMake } from "./detect-build-tools.ts";
import { detectNode } from "./detect-node.ts";
import { detectPython } from "./detect-python.ts";
import { openRoot } from "./root-files.ts";

export interface DetectedCheck {
  name: string;
  /** A line for `sh -c`, in the repository's root. */
  run: string;
  kind: "test" | "command";
  /** What in the repository spoke for it. */
  source: string;
}

export interface DetectedGate {
  /** In the order to run them. */
  checks: DetectedCheck[];
  notes: string[];
}

/**
 * The checks that a repository's own files suggest. Reads files of the root and of its test folders, bounded; runs
 * nothing. Rejects only when the root cannot be listed.
 */
export async function detectGate(root: string): Promise<DetectedGate> {
  const files = await openRoot(root);
  const checks = [...(await detectNode(files)), ...(await detectPython(files)), ...detectBuildTools(files)];
  // A Makefile mostly calls what was found already.
  if (!checks.some(({ name }) => name.endsWith("test"))) checks.push(...(await detectMake(files)));
  return { checks, notes: [...files.notes] };
}
