/**
 * What plays the agents in the demo: a real process that edits real files, by a script and without a model. It is
 * written beside the demo's repository and run by the command driver like any other agent.
 */
export const agentScript = `// Plays a coding agent: no model, a script. Told what to do by the file nightcrew names.
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const task = readFileSync(process.env.NIGHTCREW_TASK_FILE, "utf8");
const title = task.split("\\n")[0].replace("# ", "");
const pace = Number(process.env.NIGHTCREW_DEMO_PACE ?? "1.7");
const say = (object) => console.log(JSON.stringify(object));
const think = async (seconds, message) => {
  for (let step = 1; step <= 4; step++) {
    say({ type: "progress", percent: step * 20, message });
    await sleep((seconds * 1000 * pace) / 4);
  }
};

const test = (name, body) => \`import assert from "node:assert/strict";
import { test } from "node:test";
import { \${name} } from "../src/\${name}.js";

test("\${name}", () => \${body});
\`;
const listInIndex = (name) => {
  const index = readFileSync("src/index.js", "utf8");
  writeFileSync("src/index.js", index.replace(/(Word functions of this version: .*)/, \`$1, \${name}\`));
};

const work = {
  "Add slugify": async () => {
    await think(2.5, "writing slugify and its test");
    writeFileSync("src/slugify.js", 'export const slugify = (text) => text.toLowerCase().trim().split(/\\\\s+/).join("-");\\n');
    writeFileSync("test/slugify.test.js", test("slugify", 'assert.equal(slugify("Night Crew"), "night-crew")'));
  },
  "Add truncate": async () => {
    const failedBefore = task.includes("What failed before");
    await think(3, failedBefore ? "reading what failed, mending it" : "writing truncate and its test");
    const end = failedBefore ? "length - 1" : "length";
    writeFileSync("src/truncate.js", \`export const truncate = (text, length) => (text.length <= length ? text : text.slice(0, \${end}) + "…");\\n\`);
    writeFileSync("test/truncate.test.js", test("truncate", 'assert.equal(truncate("nightcrew", 6), "night…")'));
  },
  "List slugify in the index comment": async () => {
    await think(2, "editing one line");
    listInIndex("slugify");
  },
  "List truncate in the index comment": async () => {
    await think(2, "editing the same line");
    listInIndex("truncate");
  },
  "Translate the README": async () => {
    await think(1.5, "thinking about French");
    say({ type: "message", text: "Done! README.fr.md is written and all tests pass." });
  },
  "Document the functions": async () => {
    await think(3, "writing documentation");
    writeFileSync("README.md", readFileSync("README.md", "utf8") + "\\n- slugify: words joined by dashes\\n- truncate: cut to a length, with an ellipsis\\n");
  },
  "Export the new functions": async () => {
    await think(3, "adding exports");
    writeFileSync("src/index.js", 'export { slugify } from "./slugify.js";\\nexport { truncate } from "./truncate.js";\\n' + readFileSync("src/index.js", "utf8"));
  },
};

await (work[title] ?? (async () => think(1, "nothing is scripted for this task")))();
`;
