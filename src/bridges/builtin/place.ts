import { isAbsolute, join, resolve } from "node:path";
import { isInside } from "../workspace-path.ts";

export const workspaceModes = ["virtual", "sandboxed", "full"] as const;
/**
 * `virtual`: edits are kept apart, and written out when the work is finished; no commands. `sandboxed`: files inside the
 * workspace only. `full`: every file the process may touch.
 */
export type WorkspaceMode = (typeof workspaceModes)[number];

/** The absolute path that the agent means, or why it must not be touched. */
export type Placed = { readonly path: string } | { readonly error: string };

/**
 * Paths are those of the real file system, absolute or relative to the workspace. `/` alone is what the tools say when no
 * folder is named, and means the workspace.
 */
export function placed(workspace: string, mode: WorkspaceMode, path: string): Placed {
  if (path.includes("\0")) return { error: "a path cannot hold a null character" };
  if (path === "/" || path === "") return { path: workspace };
  const absolute = isAbsolute(path) ? resolve(path) : resolve(workspace, path);
  if (mode === "full" || isInside(workspace, absolute)) return { path: absolute };
  const meant = join(workspace, path.replace(/^\/+/, ""));
  return { error: `${path} is outside of the workspace ${workspace}; paths there look like ${meant}` };
}
