import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../src/backoff.js";

const limits = { firstMs: 100, mostMs: 1000 };

test("the wait doubles up to its most", () => {
  const waits = [0, 1, 2, 3, 4, 100].map((attempt) => backoffMs(attempt, limits, () => 0));
  assert.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
});

test("half of the wait is left to chance", () => {
  assert.equal(
    backoffMs(1, limits, () => 0.5),
    150,
  );
  for (let i = 0; i < 100; ++i) {
    const wait = backoffMs(2, limits);
    assert.ok(wait > 200 && wait <= 400, String(wait));
  }
});
