import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test as base, type Sandbox } from "./sandbox.ts";

/**
 * Agents that do what a test tells them over a socket, and nothing by themselves: the test decides what happens when, so
 * that it needs no pauses. A puppet whose socket is closed leaves.
 */
const script = `
const { spawn } = require("node:child_process");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { connect } = require("node:net");
const { dirname } = require("node:path");
const { createInterface } = require("node:readline");

const { NIGHTCREW_RUN: run, NIGHTCREW_TASK: task, NIGHTCREW_ATTEMPT: attempt } = process.env;
const socket = connect(process.argv[2]);
const tell = (message) => socket.write(JSON.stringify(message) + "\\n");
const [heard, hearing] = [[], []];
createInterface({ input: process.stdin }).on("line", (line) =>
  hearing.length > 0 ? hearing.shift()(line) : heard.push(line),
);
const orders = {
  write: ({ file, content }) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  },
  print: ({ line }) => void process.stdout.write(line + "\\n"),
  /** Behind all that it printed. */
  exit: ({ code }) => void process.stdout.write("", () => process.exit(code)),
  ignoreTerm: () => void process.on("SIGTERM", () => undefined),
  spawnDetached: () => {
    const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    child.unref();
    return child.pid;
  },
  /** Resolves when all of it was taken. */
  flood: ({ bytes }) =>
    new Promise((resolve) => {
      const chunk = Buffer.alloc(1 << 20, "0123456789abcdef\\n");
      const more = (left) => {
        if (left <= 0) resolve(null);
        else if (process.stdout.write(chunk)) setImmediate(more, left - chunk.length);
        else process.stdout.once("drain", () => more(left - chunk.length));
      };
      more(bytes);
    }),
  /** What it was asked. */
  task: () => readFileSync(process.env.NIGHTCREW_TASK_FILE, "utf8"),
  /** The next line of its stdin. */
  hear: () => new Promise((resolve) => (heard.length > 0 ? resolve(heard.shift()) : hearing.push(resolve))),
  arguments: () => process.argv.slice(3),
  echo: () => undefined,
};
socket.on("connect", () => tell({ run, task, attempt: Number(attempt), pid: process.pid, parent: process.ppid }));
socket.on("error", () => process.exit(1));
createInterface({ input: socket }).on("line", (line) => {
  const order = JSON.parse(line);
  void Promise.resolve(orders[order.type](order)).then((value) => tell({ id: order.id, value: value ?? null }));
}).on("close", () => process.exit(1));
`;

interface Hello {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly pid: number;
  /** Its runner. */
  readonly parent: number;
}

type Order =
  | { readonly type: "write"; readonly file: string; readonly content: string }
  | { readonly type: "print"; readonly line: string }
  | { readonly type: "exit"; readonly code: number }
  | { readonly type: "flood"; readonly bytes: number }
  | { readonly type: "ignoreTerm" | "spawnDetached" | "echo" | "task" | "hear" | "arguments" };

/** One agent at work. What it is told resolves when it was done. */
export class Puppet {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly pid: number;
  readonly runner: number;
  /** Resolves when its process is gone. */
  readonly gone: Promise<void>;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private orders = 0;

  constructor(socket: Socket, { run, task, attempt, pid, parent }: Hello) {
    this.run = run;
    this.task = task;
    this.attempt = attempt;
    this.pid = pid;
    this.runner = parent;
    this.socket = socket;
    this.gone = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  get name(): string {
    return `${this.task}-${this.attempt}`;
  }

  /** Into its work tree. */
  async write(file: string, content: string): Promise<void> {
    await this.tell({ type: "write", file, content });
  }

  /** Who is ended for what it says may not be there any more to answer. */
  async print(line: string): Promise<void> {
    await Promise.race([this.tell({ type: "print", line }), this.gone]);
  }

  /** One line of JSON. */
  async say(line: Readonly<Record<string, unknown>>): Promise<void> {
    await this.print(JSON.stringify(line));
  }

  async flood(bytes: number): Promise<void> {
    await this.tell({ type: "flood", bytes });
  }

  /** All of what it was asked. */
  async asked(): Promise<string> {
    return String(await this.tell({ type: "task" }));
  }

  /** What comes next on its stdin, where that is open: a line of JSON. */
  async hears(): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(String(await this.tell({ type: "hear" }))) as Readonly<Record<string, unknown>>;
  }

  /** What its driver added to its command. */
  async arguments(): Promise<readonly string[]> {
    return (await this.tell({ type: "arguments" })) as readonly string[];
  }

  async ignoreTerm(): Promise<void> {
    await this.tell({ type: "ignoreTerm" });
  }

  /** A child in a session of its own, which does not end by itself; its pid. */
  async spawnDetached(): Promise<number> {
    return Number(await this.tell({ type: "spawnDetached" }));
  }

  /** Resolves once it answers: it is not stopped. */
  async answers(): Promise<void> {
    await this.tell({ type: "echo" });
  }

  async exit(code: number): Promise<void> {
    void this.tell({ type: "exit", code });
    await this.gone;
  }

  /** Its work, and the end. */
  async finish(): Promise<void> {
    await this.write(`${this.task}.txt`, "whole\n");
    await this.exit(0);
  }

  heard({ id, value }: { readonly id: number; readonly value: unknown }): void {
    this.waiting.get(id)?.(value);
    this.waiting.delete(id);
  }

  private tell(order: Order): Promise<unknown> {
    const id = ++this.orders;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }
}

const nextMs = 60_000;

export class Puppets {
  /** Every one there ever was, in order. */
  readonly all: Puppet[] = [];
  private readonly server: Server;
  private readonly sandbox: Sandbox;
  private readonly place: string;
  private taken = 0;
  private arrived = new Set<() => void>();

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.place = join(sandbox.root, "puppets.sock");
    this.server = createServer((socket) => this.met(socket));
  }

  static async open(sandbox: Sandbox): Promise<Puppets> {
    const puppets = new Puppets(sandbox);
    writeFileSync(join(sandbox.root, "puppet.cjs"), script);
    await new Promise<void>((resolve) => puppets.server.listen(puppets.place, resolve));
    return puppets;
  }

  /** What starts one. */
  get command(): readonly string[] {
    return [process.execPath, join(this.sandbox.root, "puppet.cjs"), this.place];
  }

  /** nightcrew.yaml with a puppet for every task. `limits` goes to the agent. */
  config(more = "", agent = "", driver = "command"): string {
    return `agents:\n  puppet:\n    driver: ${driver}\n    command: ${JSON.stringify(this.command)}\n${agent}${more}`;
  }

  /** The next one that comes, in the order they come. */
  async next(): Promise<Puppet> {
    const place = this.taken++;
    const deadline = AbortSignal.timeout(nextMs);
    for (;;) {
      const puppet = this.all[place];
      if (puppet !== undefined) return puppet;
      await new Promise<void>((resolve, reject) => {
        this.arrived.add(resolve);
        deadline.addEventListener("abort", () =>
          reject(new Error(`no puppet came; there were ${this.names().join(", ")}`)),
        );
      });
    }
  }

  /** So many, by the name of their task and attempt. */
  async come(count: number): Promise<Record<string, Puppet>> {
    const found: Puppet[] = [];
    while (found.length < count) found.push(await this.next());
    return Object.fromEntries(found.map((puppet) => [puppet.name, puppet]));
  }

  /** Of all there ever were. */
  names(): string[] {
    return this.all.map(({ name }) => name).sort();
  }

  close(): void {
    this.server.close();
    rmSync(this.place, { force: true });
  }

  private met(socket: Socket): void {
    let puppet: Puppet | null = null;
    let rest = "";
    // It was killed; `gone` says so.
    socket.on("error", () => socket.destroy());
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const message: unknown = JSON.parse(line);
        if (puppet !== null) puppet.heard(message as { id: number; value: unknown });
        else this.all.push((puppet = new Puppet(socket, message as Hello)));
      }
      for (const resolve of this.arrived) resolve();
      this.arrived.clear();
    });
  }
}

/** A world with puppets for agents. */
export const test = base.extend<{ puppets: Puppets }>({
  puppets: async ({ sandbox }, use) => {
    const puppets = await Puppets.open(sandbox);
    try {
      await use(puppets);
    } finally {
      puppets.close();
    }
  },
});
