"use strict";

// The daemon's process; started by commands that need it, or by systemd and launchd.
const { version } = require("../package.json");
const compiled = require("./compiled.js");

function fail(error) {
  console.error(error);
  process.exit(70);
}

try {
  compiled.install();
  // Set by scripts/compile-ahead.mjs alone.
  if (process.env.NIGHTCREW_KEEP_COMPILED === "1") process.on("exit", compiled.keep);
  require("../dist/daemon.cjs").main(process.argv.slice(2), version).catch(fail);
} catch (error) {
  fail(error);
}
