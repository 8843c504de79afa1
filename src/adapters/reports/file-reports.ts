import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { reportMarkdown } from "../../domain/present/report-text.ts";
import type { Report } from "../../domain/report.ts";
import type { Reports } from "../../engine/ports.ts";
import { messageOf } from "../../std/operational-error.ts";
import { replaceFile } from "../files/replace-file.ts";

/** report.md and report.json in the run's folder. */
export class FileReports implements Reports {
  private readonly runsFolder: string;

  constructor(runsFolder: string) {
    this.runsFolder = runsFolder;
  }

  async write(report: Report): Promise<string | null> {
    const folder = join(this.runsFolder, report.run);
    try {
      await mkdir(folder, { recursive: true });
      await removeHalves(folder);
      await replaceFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
      await replaceFile(join(folder, "report.md"), reportMarkdown(report));
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }
}

/** What a process that was killed while it wrote has left: there is one writer. */
async function removeHalves(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^\.report\.(json|md)\.[0-9a-f]+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
}
