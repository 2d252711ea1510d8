import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SizeWatcher, shownHeight } from "../src/size_watcher.js";
import { settle } from "./until.js";

class FakeElement extends EventTarget {
  constructor(width, height) {
    super();
    Object.assign(this, { clientWidth: width, clientHeight: height });
  }
}

let observer, room;
beforeEach(() => {
  globalThis.ResizeObserver = class {
    constructor(changed) {
      observer = this;
      Object.assign(this, { changed, elements: new Set() });
    }
    observe(element) {
      this.elements.add(element);
      this.changed();
    }
    unobserve(element) {
      this.elements.delete(element);
    }
    disconnect() {
      this.elements.clear();
    }
  };
  globalThis.devicePixelRatio = 2;
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  room = {
    views: [],
    refuse: false,
    async view(view) {
      if (this.refuse) throw new Error("refused");
      this.views.push(view.slots);
    },
  };
});

test("the height of a picture that is fitted whole", () => {
  assert.equal(shownHeight(320, 180, 16 / 9, 1), 180);
  assert.equal(shownHeight(320, 400, 16 / 9, 1), 180);
  assert.equal(shownHeight(320, 180, 9 / 16, 1.5), 270);
});

test("all sizes go in one message, and only when they change", async () => {
  const watcher = new SizeWatcher(room, { settleMs: 1 });
  const small = new FakeElement(320, 180);
  watcher.observe("0", small);
  watcher.observe("2", new FakeElement(640, 360));
  await settle();
  assert.deepEqual(room.views, [
    { 0: { height: 360, paused: false }, 2: { height: 720, paused: false } },
  ]);
  small.clientWidth = small.clientHeight = 90;
  observer.changed();
  await settle();
  observer.changed();
  await settle();
  assert.deepEqual(room.views.slice(1), [{ 0: { height: 101, paused: false } }]);
});

test("what is hidden is paused", async () => {
  const watcher = new SizeWatcher(room, { settleMs: 1 });
  const element = new FakeElement(0, 0);
  watcher.observe("0", element);
  await settle();
  Object.assign(element, { clientWidth: 320, clientHeight: 180 });
  observer.changed();
  await settle();
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.deepEqual(
    room.views.map((slots) => slots[0]),
    [{ paused: true }, { height: 360, paused: false }, { paused: true }],
  );
});

test("what was refused or forgotten is said again", async () => {
  const watcher = new SizeWatcher(room, { settleMs: 1 });
  room.refuse = true;
  watcher.observe("0", new FakeElement(320, 180));
  await settle();
  room.refuse = false;
  observer.changed();
  await settle();
  watcher.forget("0");
  await settle();
  assert.equal(room.views.length, 2);
});

test("a disconnected watcher is silent", async () => {
  const watcher = new SizeWatcher(room, { settleMs: 1 });
  watcher.observe("0", new FakeElement(320, 180));
  watcher.disconnect();
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.deepEqual(room.views, []);
  assert.equal(observer.elements.size, 0);
});
