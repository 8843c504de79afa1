#!/usr/bin/env node
"use strict";

// CommonJS, and nothing loaded before it is needed: this file decides how fast every command starts.
const { version } = require("../package.json");

function fail(error) {
  if (error.code === "MODULE_NOT_FOUND" && /dist.main\.cjs/.test(error.message)) {
    console.error("error: nightcrew is not built\n  next: npm ci && npm run build");
    process.exit(2);
  }
  console.error(error);
  console.error("\nThis is a bug in nightcrew. What was running is safe; the next nightcrew takes it up.");
  process.exit(70);
}

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  process.stdout.write(`${version}\n`);
} else {
  try {
    require("./compiled.js").install();
    const { main } = require("../dist/main.cjs");
    main(argv, version).then((code) => (process.exitCode = code), fail);
  } catch (error) {
    fail(error);
  }
}
