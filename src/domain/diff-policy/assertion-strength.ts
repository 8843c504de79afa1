import { ofAssertJ, ofChai, ofHamcrest, ofKotest, ofNodeAssert } from "./assertion-libraries.ts";
import { firstArgument, splitArguments } from "./call-arguments.ts";
import { normalised } from "./diff.ts";
import type { Language } from "./paths.ts";

/** How much an assertion says of its subject, from 1 (something is there) to 4 (exactly this). */
export interface AssertionStrength {
  readonly subject: string;
  readonly strength: number;
}

/** Assertions that hold whatever the code does. */
export const weakest: Readonly<Record<Language, RegExp>> = {
  javascript:
    /\bexpect\(\s*(true|false|null|undefined|-?\d+|"[^"]*"|'[^']*')\s*\)\s*\.(?:to(?:Be|Equal|StrictEqual)|to\.(?:be\.)?(?:equal|eql?))\(\s*\1\s*\)|\bassert\.(?:equal|strictEqual|deepEqual|deepStrictEqual)\(\s*(true|false|null|-?\d+|"[^"]*"|'[^']*')\s*,\s*\2\s*[,)]|\bexpect\(\s*true\s*\)\s*\.toBeTruthy\b|\bassert(?:\.ok|\.isTrue)?\(\s*true\s*[,)]|\bt\.(?:true|ok|truthy)\(\s*true\s*\)/,
  python:
    /^\s*assert\s+(?:True|1|not\s+False)\s*(?:$|[,#])|^\s*assert\s+(True|None|-?\d+|"[^"]*"|'[^']*')\s*(?:==|is)\s*\1\s*(?:$|[,#])|\bself\.assertEqual\(\s*(True|None|-?\d+|"[^"]*"|'[^']*')\s*,\s*\2\s*[,)]|\bself\.assertTrue\(\s*True\s*[,)]|^\s*assert\s+\w[\w.]*\s+or\s+True\s*$/,
  go: /\b(?:assert|require)\.(?:True\(\s*t\s*,\s*true\b|Equal\(\s*t\s*,\s*(true|-?\d+|"[^"]*")\s*,\s*\1\s*[,)])/,
  rust: /\bassert!\(\s*true\s*[,)]|\bassert_eq!\(\s*(true|-?\d+|"[^"]*")\s*,\s*\1\s*[,)]/,
  jvm: /\bassertTrue\(\s*(?:"[^"]*"\s*,\s*)?true\s*[,)]|\bassertEquals\(\s*(true|-?\d+|"[^"]*")\s*,\s*\1\s*[,)]/,
};

export function strengthOf(text: string, language: Language): AssertionStrength | null {
  const told = toldOf(text, language);
  return told === null ? null : seenAsWhole(told);
}

function toldOf(text: string, language: Language): AssertionStrength | null {
  switch (language) {
    case "javascript":
      return ofJavaScript(text) ?? ofChai(text) ?? ofNodeAssert(text);
    case "python":
      return ofPython(text);
    case "go":
      return ofCall(text, /\b(?:assert|require)\.([A-Z]\w*)\(\s*t\s*,\s*(.*)$/, goStrength);
    case "rust":
      return ofRust(text);
    case "jvm":
      return (
        ofAssertJ(text) ??
        ofHamcrest(text) ??
        ofKotest(text) ??
        ofCall(text, /\b(assert[A-Z]\w*)\s*\(\s*(.*)$/, jvmStrength)
      );
  }
}

/** Looks at a part of something: how much they can say of the whole at most. */
const views: readonly (readonly [RegExp, number])[] = [
  [/^len\((.*)\)$/, 3],
  [/^(.*)\.(?:length|size)(?:\(\))?$/, 3],
  [/^(?:bool|type|isinstance|Boolean|Array\.isArray)\((.*)\)$/, 2],
  [/^(?:typeof|!!)(.*)$/, 2],
];

function seenAsWhole({ subject, strength }: AssertionStrength): AssertionStrength {
  for (const [view, most] of views) {
    const whole = view.exec(subject)?.[1];
    if (whole !== undefined) return { subject: firstArgument(whole), strength: Math.min(strength, most) };
  }
  return { subject, strength };
}

const jsStrength = new Map(
  Object.entries({
    toStrictEqual: 4,
    toEqual: 4,
    toBe: 4,
    toHaveBeenCalledWith: 4,
    toThrowErrorMatchingInlineSnapshot: 4,
    toMatchInlineSnapshot: 4,
    toMatchObject: 3,
    toContain: 3,
    toContainEqual: 3,
    toMatch: 3,
    toHaveLength: 3,
    toHaveProperty: 3,
    toHaveBeenCalledTimes: 3,
    toBeCloseTo: 3,
    toThrow: 3,
    toBeInstanceOf: 2,
    toBeGreaterThan: 2,
    toBeGreaterThanOrEqual: 2,
    toBeLessThan: 2,
    toBeLessThanOrEqual: 2,
    toHaveBeenCalled: 2,
    toBeTypeOf: 2,
    toBeTruthy: 1,
    toBeFalsy: 1,
    toBeDefined: 1,
    toBeUndefined: 3,
    toBeNull: 3,
  }),
);

function ofJavaScript(text: string): AssertionStrength | null {
  const match = /\bexpect(?:\.\w+)?\s*\((.*)\)\s*((?:\.(?:not|resolves|rejects))*)\.(to\w+)\s*\((.*)$/.exec(text);
  if (match === null) return null;
  const [, subject = "", modifiers = "", matcher = "", expected = ""] = match;
  const strength = jsStrength.get(matcher);
  if (strength === undefined) return null;
  // That it is not one thing says little of what it is; `expect.anything()` says nothing.
  const vague = modifiers.includes(".not") || /^\s*expect\.(?:anything|any)\(/.test(expected);
  return { subject: normalised(subject), strength: vague ? 1 : strength };
}

function ofPython(text: string): AssertionStrength | null {
  const call = /\bself\.assert(\w+)\(\s*(.*)$/.exec(text);
  if (call !== null) {
    const [, name = "", rest = ""] = call;
    const strength = pyStrength.get(name);
    return strength === undefined ? null : { subject: firstArgument(rest), strength };
  }
  const plain = /^\s*assert\s+(.*?)\s*(?:,\s*[f"'].*)?$/.exec(text)?.[1];
  if (plain === undefined) return null;
  const compared = /^(.+?)\s*(==|!=|<=|>=|<|>|\bis not\b|\bis\b|\bnot in\b|\bin\b)\s*(.+)$/.exec(plain);
  if (compared === null) return { subject: normalised(plain), strength: 1 };
  const [, subject = "", operator = "", expected = ""] = compared;
  const vague = /\bmock\.ANY\b|^ANY$/.test(expected);
  return { subject: normalised(subject), strength: vague ? 1 : (pyOperators.get(operator) ?? 2) };
}

/** `is None` says no less than `is not None` does. */
const pyOperators = new Map(Object.entries({ "==": 4, in: 3, is: 2, "not in": 2, "is not": 1, "!=": 1 }));

const pyStrength = new Map(
  Object.entries({
    Equal: 4,
    Equals: 4,
    DictEqual: 4,
    ListEqual: 4,
    TupleEqual: 4,
    SetEqual: 4,
    Is: 4,
    CountEqual: 3,
    In: 3,
    Regex: 3,
    AlmostEqual: 3,
    Raises: 3,
    IsInstance: 2,
    Greater: 2,
    GreaterEqual: 2,
    Less: 2,
    LessEqual: 2,
    NotEqual: 1,
    IsNotNone: 1,
    True: 1,
    False: 1,
  }),
);

const goStrength = new Map(
  Object.entries({
    Equal: 4,
    EqualValues: 4,
    Exactly: 4,
    JSONEq: 4,
    EqualError: 4,
    ErrorIs: 4,
    ElementsMatch: 3,
    Contains: 3,
    Len: 3,
    ErrorContains: 3,
    Regexp: 3,
    InDelta: 3,
    Greater: 2,
    Less: 2,
    NotEmpty: 1,
    NotNil: 1,
    NoError: 1,
    Error: 1,
    True: 1,
    NotEqual: 1,
  }),
);

const jvmStrength = new Map(
  Object.entries({
    assertEquals: 4,
    assertSame: 4,
    assertArrayEquals: 4,
    assertIterableEquals: 4,
    assertThrows: 3,
    assertInstanceOf: 2,
    assertNotNull: 1,
    assertTrue: 1,
    assertNotEquals: 1,
    assertDoesNotThrow: 1,
  }),
);

/** The subject may be either argument: people put them in either order. */
function ofCall(text: string, call: RegExp, strengths: ReadonlyMap<string, number>): AssertionStrength | null {
  const [, name = "", rest = ""] = call.exec(text) ?? [];
  const strength = strengths.get(name);
  if (strength === undefined) return null;
  const parts = splitArguments(rest);
  const subject = parts.find((part) => /[A-Za-z_]\w*\s*[.(]|^[a-z]\w*$/.test(part)) ?? parts[0] ?? "";
  return { subject: normalised(subject), strength };
}

function ofRust(text: string): AssertionStrength | null {
  const equal = /\bassert_(eq|ne)!\(\s*(.*)$/.exec(text);
  if (equal !== null) return { subject: firstArgument(equal[2] ?? ""), strength: equal[1] === "eq" ? 4 : 1 };
  const plain = /\bassert!\(\s*(.*?)\s*\)\s*;?\s*$/.exec(text)?.[1];
  if (plain === undefined) return null;
  const subject = /^(.+?)\s*(?:==|!=|<|>|\.is_(?:ok|some|err|none|empty)\(\))/.exec(plain)?.[1] ?? plain;
  return { subject: normalised(subject), strength: plain.includes("==") ? 4 : 1 };
}
