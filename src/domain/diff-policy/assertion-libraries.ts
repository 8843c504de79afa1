import type { AssertionStrength } from "./assertion-strength.ts";
import { firstArgument, splitArguments } from "./call-arguments.ts";
import { normalised } from "./diff.ts";

/** How strong assertions of libraries are that have forms of their own; what is not known is not judged. */

const chai = new Map(
  Object.entries({
    equal: 4,
    equals: 4,
    eq: 4,
    eql: 4,
    true: 4,
    false: 4,
    null: 4,
    undefined: 3,
    empty: 3,
    include: 3,
    contain: 3,
    match: 3,
    throw: 3,
    lengthOf: 3,
    property: 3,
    a: 2,
    an: 2,
    above: 2,
    below: 2,
    instanceof: 2,
    ok: 1,
    exist: 1,
  }),
);

export function ofChai(text: string): AssertionStrength | null {
  const [, subject = "", words = "", name = ""] =
    /\bexpect\s*\((.*)\)((?:\.(?:to|be|been|is|have|has|deep|and|an?|not))+)\.(\w+)/.exec(text) ?? [];
  const strength = chai.get(name);
  return strength === undefined
    ? null
    : { subject: normalised(subject), strength: words.includes(".not") ? 1 : strength };
}

const nodeAssert = new Map(
  Object.entries({
    equal: 4,
    strictEqual: 4,
    deepEqual: 4,
    deepStrictEqual: 4,
    match: 3,
    throws: 3,
    rejects: 3,
    notEqual: 1,
    notStrictEqual: 1,
    ok: 1,
  }),
);

export function ofNodeAssert(text: string): AssertionStrength | null {
  const [, name = "ok", rest] = /\bassert(?:\.(\w+))?\s*\((.*)$/.exec(text) ?? [];
  const strength = nodeAssert.get(name);
  if (rest === undefined || strength === undefined) return null;
  const [first = ""] = splitArguments(rest);
  const [, subject, operator = ""] =
    name === "ok" ? (/^(.+?)\s*([!=]==?|<=?|>=?|\binstanceof\b)\s*(?![=>])/.exec(first) ?? []) : [];
  if (subject === undefined) return { subject: firstArgument(rest), strength };
  return { subject: normalised(subject), strength: operator.startsWith("=") ? 4 : operator.startsWith("!") ? 1 : 2 };
}

const assertJ = new Map(
  Object.entries({
    isEqualTo: 4,
    isSameAs: 4,
    containsExactly: 4,
    containsExactlyInAnyOrder: 4,
    isTrue: 4,
    isFalse: 4,
    isNull: 3,
    isEmpty: 3,
    contains: 3,
    startsWith: 3,
    endsWith: 3,
    hasSize: 3,
    matches: 3,
    isCloseTo: 3,
    isGreaterThan: 2,
    isLessThan: 2,
    isInstanceOf: 2,
    isNotNull: 1,
    isNotEmpty: 1,
    isNotBlank: 1,
    isNotEqualTo: 1,
  }),
);

export function ofAssertJ(text: string): AssertionStrength | null {
  const [, subject = "", name = ""] = /\bassertThat\s*\((.*)\)\.(\w+)\s*\(/.exec(text) ?? [];
  const strength = assertJ.get(name);
  return strength === undefined ? null : { subject: normalised(subject), strength };
}

const hamcrest = new Map(
  Object.entries({
    is: 4,
    equalTo: 4,
    contains: 4,
    hasItem: 3,
    hasSize: 3,
    containsString: 3,
    instanceOf: 2,
    not: 1,
    notNullValue: 1,
  }),
);

export function ofHamcrest(text: string): AssertionStrength | null {
  const parts = splitArguments(/\bassertThat\s*\((.*)$/.exec(text)?.[1] ?? "");
  const name = /^(\w+)\(/.exec(parts.at(-1) ?? "")?.[1] ?? "";
  const strength = parts.length < 2 ? undefined : hamcrest.get(name);
  return strength === undefined ? null : { subject: normalised(parts.at(-2) ?? ""), strength };
}

const kotest = new Map(Object.entries({ shouldBe: 4, shouldContain: 3, shouldStartWith: 3, shouldNotBe: 1 }));

export function ofKotest(text: string): AssertionStrength | null {
  const [, subject = "", name = ""] = /^\s*(\S.*?)\s+(should\w+)\s/.exec(text) ?? [];
  const strength = kotest.get(name);
  return strength === undefined ? null : { subject: normalised(subject), strength };
}
