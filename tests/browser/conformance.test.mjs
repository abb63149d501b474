// The runner of conformance cases notices what does not hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { differs } from "./conformance.mjs";

test("a case that does not hold is noticed", () => {
  const names = new Map();
  const failed = { code: "code", message: "a b c" };
  assert.equal(differs({ reply: 1 }, "1", names), undefined);
  assert.equal(differs({ reply: 1 }, "2", names), "1");
  assert.equal(differs({ reply: null }, "provider-failed: no", names), "null");
  assert.equal(differs({ reply: { a: [1, "x"], b: 2 } }, '{"a": ["*", "$x"], "b": "$y"}', names), undefined);
  assert.deepEqual([...names], [["x", "x"], ["y", 2]]);
  for (const expected of ['"$x"', '"$z"', '"*"']) assert.equal(differs({ reply: "x" }, expected, names), undefined, expected);
  for (const expected of ['"$y"', "{}", '["x"]', "x"]) assert.ok(differs({ reply: "x" }, expected, names), expected);
  assert.ok(differs({ reply: { a: 1 } }, '{"a": 1, "b": "*"}', names));
  assert.ok(differs({ reply: { a: 1, b: 1 } }, '{"a": 1}', names));
  assert.equal(differs(failed, "code: a * c", names), undefined);
  assert.equal(differs(failed, "code: a *", names), undefined);
  for (const expected of ["code: a", "code: a * d", "other: *", "1"]) assert.ok(differs(failed, expected, names), expected);
});
