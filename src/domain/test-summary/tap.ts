import type { SummaryRule } from "./reader.ts";
import { occurrences, ofAll, sum } from "./tally.ts";

export const tapLines: SummaryRule = {
  runner: "TAP",
  collects: /^(?:TAP version \d|1\.\.\d{1,9}(?:\s|$)|(?:not )?ok \d{1,9}(?:\s|$))/,
  read: (text) => {
    const planned = /^1\.\.(\d+)/m.exec(text)?.[1];
    if (planned === undefined && !/^TAP version/m.test(text)) return null;
    const all = occurrences(text, /^(?:not )?ok /gm);
    if (all === 0 && planned !== "0") return null;
    const excused = occurrences(text, /^(?:not )?ok (?=.*# *(?:skip|todo))/gim);
    return ofAll(all, occurrences(text, /^not ok (?!.*# *(?:skip|todo))/gim), excused);
  },
};

/** tape, mocha and AVA end with `# tests 3`, `# pass 2`, …; node-tap with `# { total: 3, pass: 2, … }`. */
export const tapTotals: SummaryRule = {
  runner: "TAP",
  opens: /^# (?:tests +\d{1,9}$|\{ total: \d{1,9}, )/,
  continues: /^# (?:pass|fail|skip|todo) +\d{1,9}$/,
  replaces: [tapLines],
  read: (text) => {
    if (!/\bpass:? +\d/.test(text)) return null;
    const all = sum(text, /\b(?:tests|total:) +(\d+)/g);
    return ofAll(all, sum(text, /\bfail:? +(\d+)/g), sum(text, /\b(?:skip|todo):? +(\d+)/g));
  },
};
