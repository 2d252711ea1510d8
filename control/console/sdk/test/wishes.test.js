import assert from "node:assert/strict";
import { test } from "node:test";
import { Wishes } from "../src/wishes.js";

const all = () => true;

test("nothing wanted, nothing to say", () => {
  assert.equal(new Wishes().all(all), undefined);
});

test("wishes add up by slot", () => {
  const wishes = new Wishes();
  wishes.change({ pins: ["m4"], slots: { 3: { height: 360 } } });
  wishes.change({ slots: { 3: { layers: "S1T2" }, 4: { paused: true } } });
  assert.deepEqual(wishes.all(all), {
    pins: ["m4"],
    slots: { 3: { height: 360, layers: "S1T2" }, 4: { paused: true } },
  });
});

test("auto takes the layers back and leaves the height", () => {
  const wishes = new Wishes();
  wishes.change({ slots: { 3: { height: 360, layers: "S1T2" } } });
  wishes.change({ slots: { 3: { layers: "auto" } } });
  assert.deepEqual(wishes.of("3"), { height: 360 });
});

test("pins of those who left aren't repeated", () => {
  const wishes = new Wishes();
  wishes.change({ pins: ["m4", "t7"] });
  assert.deepEqual(
    wishes.all((pin) => pin === "t7"),
    { pins: ["t7"] },
  );
});
