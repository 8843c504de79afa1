"use strict";

// Loads the bundled modules from code that was compiled when they were built (scripts/compile-ahead.mjs). What is loaded is
// the same; V8 itself refuses compiled code of another version, and then it compiles as always.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");
const { constants, Script } = require("node:vm");

const dist = join(dirname(__dirname), "dist");

/** Every script loaded from dist, by file. */
const scripts = new Map();

function install() {
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename) {
    if (dirname(filename) !== dist) return compile.apply(this, arguments);
    const file = `${filename}.compiled`;
    const script = new Script(Module.wrap(content), {
      filename,
      // Modules of node itself are imported by whoever needs them now and then.
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(existsSync(file) ? { cachedData: readFileSync(file) } : {}),
    });
    scripts.set(filename, script);
    const require = (id) => this.require(id);
    return script.runInThisContext().call(this.exports, this.exports, require, this, filename, dirname(filename));
  };
}

/** Keeps what V8 has compiled of the loaded scripts until now, beside them. */
function keep() {
  for (const [file, script] of scripts) writeFileSync(`${file}.compiled`, script.createCachedData());
}

module.exports = { install, keep, dist };
