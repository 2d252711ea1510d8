import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, meetingUrl } from "../src/connection.js";
import { FakeRelay } from "./fake_relay.js";
import { record, settle } from "./until.js";

const url = "wss://node.example/meet/demo";
const open = (relay, timeoutMs = 1000) =>
  Connection.open({ url, WebSocket: relay.platform.WebSocket, timeoutMs });

test("the room's address", () => {
  assert.equal(meetingUrl("https://node.example", "demo"), "wss://node.example/meet/demo");
  assert.equal(
    meetingUrl("http://127.0.0.1:8080/r/x?y#token=z", "a b/c"),
    "ws://127.0.0.1:8080/r/x/meet/a%20b%2Fc",
  );
  assert.equal(
    meetingUrl("wss://node.example/under/", "demo"),
    "wss://node.example/under/meet/demo",
  );
});

test("requests get their own answers, whatever their order", async () => {
  const relay = new FakeRelay();
  const connection = await open(relay);
  assert.equal(relay.socket.protocol, "strata.v1");
  relay.receive = (socket, message) => {
    relay.received.push(message);
    if (relay.received.length === 2)
      relay.received.reverse().forEach(({ id, type }) => socket.say({ type, id }));
  };
  const answers = await Promise.all([
    connection.request({ type: "one" }),
    connection.request({ type: "two" }),
  ]);
  assert.deepEqual(
    answers.map(({ type }) => type),
    ["one", "two"],
  );
});

test("an error carries code and hint", async () => {
  const relay = new FakeRelay();
  const connection = await open(relay);
  relay.receive = (socket, { id }) =>
    socket.say({ type: "error", id, code: "forbidden", detail: "no", hint: "ask" });
  await assert.rejects(connection.request({ type: "join" }), {
    code: "forbidden",
    hint: "ask",
    message: "no (ask)",
  });
});

test("no answer in time", async () => {
  const relay = new FakeRelay();
  const connection = await open(relay);
  relay.deaf = true;
  await assert.rejects(connection.request({ type: "join" }, 5), { code: "timeout" });
});

test("what waits when the connection ends is rejected, and what comes later", async () => {
  const relay = new FakeRelay();
  const connection = await open(relay);
  const closed = record(connection, "closed");
  relay.deaf = true;
  const waiting = assert.rejects(connection.request({ type: "join" }), { code: "connection-lost" });
  relay.socket.drop(1006);
  await waiting;
  await assert.rejects(connection.request({ type: "view" }), { code: "connection-lost" });
  assert.deepEqual(closed, [{ code: 1006, reason: "" }]);
});

test("nobody there", async () => {
  const relay = new FakeRelay();
  relay.reachable = false;
  await assert.rejects(open(relay), { code: "connection-failed" });
});

test("somebody there who says nothing", async () => {
  const silent = class extends EventTarget {
    close() {}
  };
  await assert.rejects(Connection.open({ url, WebSocket: silent, timeoutMs: 5 }), {
    code: "connection-failed",
  });
});

test("what isn't JSON ends the connection", async () => {
  const relay = new FakeRelay();
  const connection = await open(relay);
  const closed = record(connection, "closed");
  relay.socket.dispatchEvent(Object.assign(new Event("message"), { data: "{" }));
  await settle();
  assert.equal(closed.length, 1);
});
