import type { TaskView } from "../../api/views.ts";
import type { Event } from "../../domain/event.ts";
import { eventText } from "../../domain/present/event-text.ts";
import { columns, duration, fit, singleLine } from "../../std/text.ts";
import { isNews } from "./follow-run.ts";
import type { Output } from "./terminal.ts";

interface Line {
  readonly title: string;
  stage: string;
  message: string;
  since: number;
}

interface Screen {
  (text: string): void;
  clear(): void;
  done(): void;
}

const refreshMs = 500;
const spinner = ["◐", "◓", "◑", "◒"];

/** What is going on now, redrawn in place, below the news that scroll by. */
export class LiveRun {
  private readonly output: Output;
  private readonly screen: Screen;
  private readonly titles: ReadonlyMap<string, string>;
  private readonly total: number;
  private readonly newsFrom: number;
  private readonly running = new Map<string, Line>();
  private landed: number;
  /** Tasks that came to an end without landing, and were not begun again. */
  private readonly ended = new Set<string>();
  private ticks = 0;
  private readonly startedAt = Date.now();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    tasks: readonly TaskView[],
    newsFrom: number,
    { output, screen }: { readonly output: Output; readonly screen: Screen },
  ) {
    this.output = output;
    this.newsFrom = newsFrom;
    this.screen = screen;
    this.titles = new Map(tasks.map((task) => [task.id, singleLine(task.title)]));
    this.total = tasks.length;
    this.landed = 0;
    this.timer = setInterval(() => {
      this.ticks++;
      this.draw();
    }, refreshMs);
  }

  static async start(tasks: readonly TaskView[], newsFrom: number, output: Output): Promise<LiveRun> {
    const { default: logUpdate } = await import("log-update");
    return new LiveRun(tasks, newsFrom, { output, screen: logUpdate });
  }

  show(events: readonly Event[]): void {
    const news = events.filter((event) => isNews(event) && event.at >= this.newsFrom);
    for (const event of events) this.apply(event);
    if (news.length > 0) {
      this.screen.clear();
      for (const event of news) this.output.line(fit(this.newsText(event), this.output.columns));
    }
    this.draw();
  }

  stop(): void {
    clearInterval(this.timer);
    this.screen.clear();
    this.screen.done();
  }

  private apply({ task, body, at }: Event): void {
    if (task === null) return;
    switch (body.type) {
      case "task.retried":
        this.ended.delete(task);
        return;
      case "task.paused":
        this.patch(task, { message: "paused" });
        return;
      case "task.resumed":
        this.patch(task, { message: "" });
        return;
      case "attempt.started":
        this.running.set(task, {
          title: this.titles.get(task) ?? "",
          stage: "preparing",
          message: `attempt ${body.attempt}`,
          since: at,
        });
        return;
      case "task.staged":
        this.patch(task, { stage: body.stage, message: "" });
        return;
      case "attempt.progressed":
        this.patch(task, {
          message: `${body.percent === null ? "" : `${Math.round(body.percent)} % `}${body.message}`,
        });
        return;
      case "task.completed":
        this.landed++;
        this.running.delete(task);
        return;
      case "task.failed":
      case "task.cancelled":
        this.ended.add(task);
        this.running.delete(task);
        return;
      case "task.requeued":
      case "task.blocked":
        this.running.delete(task);
        return;
      default:
        return;
    }
  }

  private patch(task: string, change: Partial<Line>): void {
    const line = this.running.get(task);
    if (line !== undefined) Object.assign(line, change);
  }

  private newsText(event: Event): string {
    const { style } = this.output;
    const text = singleLine(eventText(event), 400);
    const title = event.task === null ? "" : style.dim(` · ${this.titles.get(event.task) ?? ""}`);
    switch (event.body.type) {
      case "change.landed":
        return `${style.green("✔")} ${text}${title}`;
      case "task.failed":
        return `${style.red("✘")} ${text}${title}`;
      case "attempt.progressed":
      case "change.rejected":
      case "change.held":
      case "gate.failed":
        return `${style.yellow("!")} ${text}`;
      default:
        return `${style.dim("·")} ${text}${title}`;
    }
  }

  /** The title gives way first: what is going on now is what one looks for. */
  private runningLine(id: string, { title, stage, message, since }: Line, now: number): string {
    const { style, columns: width } = this.output;
    const time = duration(now - since);
    const state = fit(
      `[${stage}]${message === "" ? "" : ` ${singleLine(message)}`}`,
      Math.max(20, Math.floor(width / 2)),
    );
    const room = width - columns(state) - time.length - 6;
    const subject = fit(`${id}  ${title}`, Math.max(8, room));
    return `${style.cyan(spinner[this.ticks % spinner.length] ?? "")} ${subject}  ${state}  ${style.dim(time)}`;
  }

  private draw(): void {
    const { style, rows } = this.output;
    const now = Date.now();
    const room = Math.max(1, rows - 4);
    const lines = [...this.running].slice(0, room).map(([id, line]) => this.runningLine(id, line, now));
    if (this.running.size > room) lines.push(style.dim(`… and ${this.running.size - room} more`));
    const failed = this.ended.size === 0 ? "" : `, ${this.ended.size} ended without landing`;
    this.screen(
      [
        ...lines,
        style.bold(`${this.landed}/${this.total} landed${failed}`) + style.dim(`  ${duration(now - this.startedAt)}`),
      ].join("\n"),
    );
  }
}
