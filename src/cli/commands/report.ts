import { exitCodeOf } from "../../domain/report.ts";
import { reportMarkdown } from "../../domain/present/report-text.ts";
import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { showReport } from "../output/report-text.ts";

interface ReportOptions extends JsonOption {
  readonly markdown?: boolean;
}

/** Exits with the run's own code, so that scripts can ask again. */
export async function report(context: Context, [run]: readonly string[], options: ReportOptions): Promise<ExitCode> {
  const answer = await askDaemon(context, "report", run === undefined ? {} : { run });
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else if (options.markdown === true) context.output.line(reportMarkdown(answer.report).trimEnd());
  else showReport(answer.report, context.output);
  return exitCodeOf(answer.report);
}
