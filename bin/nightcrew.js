#!/usr/bin/env node
"use strict";

// CommonJS, and nothing loaded before it is needed: this file decides how fast every command starts.
const { version } = require("../package.json");

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  process.stdout.write(`${version}\n`);
} else {
  import("../dist/main.mjs").then(
    ({ main }) =>
      main(argv, version).then(
        (code) => {
          process.exitCode = code;
        },
        (error) => {
          console.error(error);
          console.error("\nThis is a bug in nightcrew. What was running is safe; the next nightcrew takes it up.");
          process.exit(70);
        },
      ),
    (error) => {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
      console.error("error: nightcrew is not built\n  next: npm ci && npm run build");
      process.exitCode = 2;
    },
  );
}
