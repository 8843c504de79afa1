import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJunit } from "./junit.ts";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";

/** Written by the runners themselves, stack traces shortened. */
const recorded = {
  pytest: {
    xml: `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.051" timestamp="2026-11-28T03:17:56.958085+00:00" hostname="vm"><testcase classname="test_a" name="test_ok" time="0.000" /><testcase classname="test_a" name="test_bad" time="0.000"><failure message="AssertionError: &lt;b&gt; &amp; ]]&gt;&#10;assert 1 == 2">&gt;   def test_bad(): assert 1 == 2, "&lt;b&gt; &amp; ]]&gt;"
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
E   AssertionError: &lt;b&gt; &amp; ]]&gt;
E   assert 1 == 2

test_a.py:3: AssertionError</failure></testcase><testcase classname="test_a" name="test_skip" time="0.000"><skipped type="pytest.skip" message="later">/tmp/gate-j/test_a.py:4: later</skipped></testcase><testcase classname="test_a" name="test_err" time="0.000"><error message="failed on setup with &quot;ValueError: x&quot;">@pytest.fixture
&gt;   def broken(): raise ValueError("x")
                  ^^^^^^^^^^^^^^^^^^^^^
E   ValueError: x

test_a.py:7: ValueError</error></testcase></testsuite></testsuites>`,
    tally: { passed: 1, failed: 2, skipped: 1 },
  },
  "node:test": {
    xml: `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testsuite name="s > &lt;x>" time="0.007575" disabled="0" errors="0" tests="4" failures="1" skipped="1" hostname="vm">
		<testcase name="ok" time="0.000465" classname="test"/>
		<testcase name="bad" time="0.000703" classname="test" failure="1 == 2">
			<failure type="testCodeFailure" message="1 == 2">
Error [ERR_TEST_FAILURE]: 1 == 2
    at async Promise.all (index 0) {
			</failure>
		</testcase>
		<testcase name="later" time="0.000083" classname="test">
			<skipped type="skipped" message="true"/>
		</testcase>
		<testsuite name="n" time="0.005445" disabled="0" errors="0" tests="1" failures="0" skipped="0" hostname="vm">
			<testcase name="inner" time="0.005218" classname="test"/>
		</testsuite>
	</testsuite>
	<testcase name="todo" time="0.001029" classname="test">
		<skipped type="todo" message="true"/>
	</testcase>
	<!-- tests 6 -->
	<!-- suites 1 -->
	<!-- pass 3 -->
	<!-- fail 1 -->
	<!-- cancelled 0 -->
	<!-- skipped 1 -->
	<!-- todo 1 -->
	<!-- duration_ms 130.705125 -->
</testsuites>`,
    tally: { passed: 2, failed: 1, skipped: 2 },
  },
  vitest: {
    xml: `<?xml version="1.0" encoding="UTF-8" ?>
<testsuites name="vitest tests" tests="5" failures="2" errors="0" time="0.005784683">
    <testsuite name="a.test.mjs" timestamp="2026-11-28T03:17:58.620Z" hostname="vm" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase classname="a.test.mjs" name="a.test.mjs" time="0">
            <failure message="No test suite found in file /tmp/gate-j/a.test.mjs" type="Error">
Error: No test suite found in file /tmp/gate-j/a.test.mjs
            </failure>
        </testcase>
    </testsuite>
    <testsuite name="v.test.ts" timestamp="2026-11-28T03:17:58.622Z" hostname="vm" tests="4" failures="1" errors="0" skipped="2" time="0.005784683">
        <testcase classname="v.test.ts" name="s &gt; ok" time="0.00092619">
        </testcase>
        <testcase classname="v.test.ts" name="s &gt; bad &gt; &lt;" time="0.003690451">
            <failure message="expected 1 to be 2 // Object.is equality" type="AssertionError">
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

- 2
+ 1

 ❯ v.test.ts:1:126
            </failure>
        </testcase>
        <testcase classname="v.test.ts" name="s &gt; x" time="0">
            <skipped/>
        </testcase>
        <testcase classname="v.test.ts" name="s &gt; t" time="0">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`,
    tally: { passed: 1, failed: 2, skipped: 2 },
  },
  ctest: {
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="(empty)"
	tests="3"
	failures="1"
	disabled="1"
	skipped="0"
	hostname=""
	time="0"
	timestamp="2026-11-28T03:17:58"
	>
	<testcase name="ok" classname="ok" time="0.00352071" status="run">
		<system-out></system-out>
	</testcase>
	<testcase name="bad" classname="bad" time="0.0100481" status="fail">
		<failure message=""/>
		<system-out></system-out>
	</testcase>
	<testcase name="off" classname="off" time="0" status="disabled">
		<system-out>Disabled</system-out>
	</testcase>
</testsuite>`,
    tally: { passed: 1, failed: 1, skipped: 1 },
  },
};
const cases = Object.entries(recorded).map(([runner, { xml, tally }]) => ({ runner, xml, tally }));

const suite = (inside: string, attributes = ""): string => `<testsuite name="s"${attributes}>${inside}</testsuite>`;
const whyNot = (text: string): string => {
  const reading = readJunit(text);
  return reading.kind === "refused" ? reading.why : "read";
};

describe("JUnit XML", () => {
  it.each(cases)("of $runner is counted", ({ xml, tally }) => {
    expect(readJunit(xml)).toEqual({ kind: "read", tally });
    expect(readJunit(`\uFEFF${xml.replaceAll("\n", "\r\n")}`)).toEqual({ kind: "read", tally });
  });

  it.each([
    ["no test", suite(""), [0, 0, 0]],
    [
      "what a test printed",
      suite("<testcase name='a'><system-out><![CDATA[<testcase><failure/>]]></system-out></testcase>"),
      [1, 0, 0],
    ],
    ["a comment", suite("<!-- <testcase name='b'/> --><testcase name='a>b'/>"), [1, 0, 0]],
    ["one that failed and passed when run again", suite("<testcase><flakyFailure/></testcase>"), [1, 0, 0]],
    ["one that failed each time", suite("<testcase><failure/><rerunFailure/></testcase>"), [0, 1, 0]],
    ["a failure and a skip", suite("<testcase><failure/><skipped/></testcase>"), [0, 1, 0]],
    ["a suite that could not be loaded", suite("<testcase/>", " tests='1' errors='1'"), [1, 1, 0]],
    ["elements of the same name elsewhere", suite("<properties><testcase/><failure/></properties>"), [0, 0, 0]],
  ])("with %s", (_, xml, [passed, failed, skipped]) => {
    expect(readJunit(xml)).toEqual({ kind: "read", tally: { passed, failed, skipped } });
  });

  it.each([
    ["", "it is empty"],
    ["12 tests passed", "it is empty"],
    ["<html></html>", "its root is <html>"],
    [suite("<testcase/>").slice(0, -3), "it has a tag without an end"],
    [suite("<testcase>"), "</testsuite> closes something else"],
    ["<testsuite><testcase/>", "it ends too early"],
    [`${suite("")}${suite("")}`, "it has more than one root"],
    ["<testsuite><![CDATA[", "it ends too early"],
    ["<testsuite>< testcase/></testsuite>", "it has a tag without a name"],
    ['<!DOCTYPE lolz [<!ENTITY lol "lol">]><testsuite>&lol;</testsuite>', "it declares a document type or entities"],
    ['<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "it declares a document type or entities"],
    ["<testsuite>".repeat(1_000), "it is nested too deep"],
  ])("is refused: %j", (text, why) => {
    expect(whyNot(text)).toBe(why);
  });

  it("that was cut off anywhere is refused, and never throws", () => {
    const xml = fc.constantFrom(...cases.map((one) => one.xml.trim()));
    fc.assert(
      fc.property(xml, fc.nat(), (text, at) => {
        expect(readJunit(text.slice(0, at % (text.length - 1))).kind).toBe("refused");
      }),
    );
    const piece = fc.oneof(
      fc.constantFrom("<", ">", "/", "testsuite", "testcase", "<!--", "]]>", '"', " "),
      fc.string(),
    );
    fc.assert(fc.property(fc.array(piece), (parts) => void readJunit(`<testsuite>${parts.join("")}</testsuite>`)));
  });

  it.each(["<", '<a b="', "<!--", "<testcase/>", "<![CDATA[", "<testcase a='", "\t"])(
    "takes linear time for %j without end",
    (text) => {
      const input = `<testsuite>${text.repeat(300_000)}`;
      expect(cpuMsOf(() => readJunit(input))).toBeLessThan(2_000);
    },
  );
});
