import assert from "node:assert/strict";
import { test } from "node:test";
import { bestColumns, gridLayout, stageLayout } from "../app/layout.js";

const DESKTOP = { width: 1280, height: 640 },
  PHONE = { width: 374, height: 700 };
const area = (stage) => ({ x: 0, y: 0, ...stage });

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test("tiles are inside the stage and apart, however many", () => {
  for (const stage of [DESKTOP, PHONE, { width: 800, height: 320 }]) {
    for (let count = 1; count <= 25; ++count) {
      for (const spotlight of [false, true]) {
        const rects = stageLayout(count, false, spotlight, stage);
        assert.equal(rects.length, count);
        rects.forEach((one, index) => {
          const where = `${index} of ${count} in ${stage.width}: ${JSON.stringify(one)}`;
          assert.ok(one.x >= 0 && one.y >= 0 && one.width > 0 && one.height > 0, where);
          assert.ok(
            one.x + one.width <= stage.width + 1 && one.y + one.height <= stage.height + 1,
            where,
          );
          assert.ok(
            rects.slice(index + 1).every((other) => !overlap(one, other)),
            where,
          );
        });
      }
    }
  }
});

test("a wide stage gets columns, a tall one rows", () => {
  assert.equal(bestColumns(2, DESKTOP.width, DESKTOP.height), 2);
  assert.equal(bestColumns(2, PHONE.width, PHONE.height), 1);
  assert.equal(bestColumns(9, DESKTOP.width, DESKTOP.height), 3);
});

test("one alone fills the stage, several have the shape of a picture", () => {
  assert.deepEqual(gridLayout(1, area(PHONE)), [area(PHONE)]);
  for (const { width, height } of gridLayout(5, area(DESKTOP))) {
    assert.ok(Math.abs(width / height - 16 / 9) < 0.02);
  }
});

test("a last row that isn't full is in the middle", () => {
  const rects = gridLayout(3, area({ width: 808, height: 466 }));
  assert.equal(rects[2].x + rects[2].width / 2, 404);
});

test("the spotlight is much larger than the others", () => {
  for (const stage of [DESKTOP, PHONE]) {
    const [main, ...others] = stageLayout(4, false, true, stage);
    for (const other of others)
      assert.ok(main.width * main.height > 3 * other.width * other.height);
  }
});

test("one's own picture is in the corner beside one or two others, else a tile like theirs", () => {
  for (const count of [1, 2]) {
    const own = stageLayout(count, true, false, DESKTOP).at(-1);
    assert.equal(own.x + own.width, DESKTOP.width - 8);
    assert.ok(own.width <= 240);
  }
  const rects = stageLayout(3, true, false, DESKTOP);
  assert.equal(rects[3].width, rects[0].width);
  assert.deepEqual(stageLayout(0, true, false, DESKTOP), [area(DESKTOP)]);
  assert.deepEqual(stageLayout(0, false, false, DESKTOP), []);
});
