import { expect, test } from "vitest";
import { ObjectLines } from "./object-lines.ts";

const text = 'one\n{"a":1}\n  {"b":"ü"}\r\n\n not {"c":2}\n{ {\n\t \n{"d":3}\nx{\n {"e":';
const wanted = ['{"a":1}', '{"b":"ü"}\r', "{ {", '{"d":3}', '{"e":'];

function linesOf(pieces: readonly Buffer[], maxBytes = 100): { lines: string[]; cut: string[] } {
  const [lines, cut]: [string[], string[]] = [[], []];
  const objects = new ObjectLines((line, truncated) => (truncated ? cut : lines).push(line), maxBytes);
  for (const piece of pieces) objects.push(piece);
  objects.end();
  return { lines, cut };
}

test("tells lines that begin with a brace, behind white space, and no others", () => {
  expect(linesOf([Buffer.from(text)]).lines).toEqual(wanted);
});

test("it does not matter where the stream is cut into pieces", () => {
  const bytes = Buffer.from(text);
  for (let size = 1; size < bytes.length; size++) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
    expect(linesOf(pieces).lines, `pieces of ${size}`).toEqual(wanted);
  }
});

test("a longer line is cut, and the next one is whole again", () => {
  const pieces = ["{12", "34", "5678\n{9}\n{123", "4}\n{1234}"].map((piece) => Buffer.from(piece));
  expect(linesOf(pieces, 5)).toEqual({ lines: ["{9}"], cut: ["{1234", "{1234", "{1234"] });
});
