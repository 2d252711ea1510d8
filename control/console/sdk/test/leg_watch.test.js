import assert from "node:assert/strict";
import { test } from "node:test";
import { LegWatch } from "../src/leg_watch.js";
import { FakePeerConnection } from "./fake_peer_connection.js";
import { settle, until } from "./until.js";

function watched(timing = {}) {
  const pc = new FakePeerConnection();
  const restarts = [];
  const seen = { pc, restarts, fail: false };
  const restart = async () => {
    restarts.push(Date.now());
    if (seen.fail) throw new Error("no connection");
  };
  seen.watch = new LegWatch(pc, restart, { graceMs: 30, firstMs: 4, mostMs: 8, ...timing });
  return seen;
}

test("a failed leg is restarted at once, and again until it is connected", async () => {
  const { pc, restarts } = watched();
  pc.become("failed");
  await until("three restarts", () => restarts.length >= 3);
  pc.become("connected");
  const before = restarts.length;
  await settle();
  assert.equal(restarts.length, before);
});

test("a restart that couldn't be asked for is tried again", async () => {
  const seen = watched();
  seen.fail = true;
  seen.pc.become("failed");
  await until("two restarts", () => seen.restarts.length >= 2);
  seen.watch.stop();
});

test("a disconnected leg has time to come back by itself", async () => {
  const { pc, restarts, watch } = watched({ graceMs: 5 });
  pc.become("connected");
  pc.become("disconnected");
  pc.become("connected");
  await settle();
  assert.equal(restarts.length, 0);
  pc.become("disconnected");
  await until("a restart after the grace", () => restarts.length > 0);
  watch.stop();
});

test("somebody who knows of a change needn't wait", async () => {
  const { pc, restarts, watch } = watched();
  pc.become("connected");
  watch.now();
  await until("a restart", () => restarts.length === 1);
  await settle();
  assert.equal(restarts.length, 1); // it is connected: once is enough
});

test("a stopped watch does nothing", async () => {
  const { pc, restarts, watch } = watched();
  pc.become("failed");
  watch.stop();
  pc.become("failed");
  watch.now();
  await settle();
  assert.equal(restarts.length, 0);
});
