import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { reportMarkdown } from "../../domain/present/report-text.ts";
import type { Report } from "../../domain/report.ts";
import type { Reports } from "../../engine/ports.ts";
import { replaceFile } from "../files/replace-file.ts";

/** report.md and report.json in the run's folder. */
export class FileReports implements Reports {
  private readonly runsFolder: string;

  constructor(runsFolder: string) {
    this.runsFolder = runsFolder;
  }

  async write(report: Report): Promise<void> {
    const folder = join(this.runsFolder, report.run);
    await mkdir(folder, { recursive: true });
    await replaceFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
    await replaceFile(join(folder, "report.md"), reportMarkdown(report));
  }
}
