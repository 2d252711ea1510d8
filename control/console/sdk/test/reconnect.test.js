import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../src/index.js";
import { FakePeerConnection, FakeStream } from "./fake_peer_connection.js";
import { FakeRelay } from "./fake_relay.js";
import { record, settle, until } from "./until.js";

const timing = {
  answerMs: 1000,
  checkMs: 300,
  firstMs: 2,
  mostMs: 10,
  giveUpMs: 5000,
  graceMs: 20,
};

async function join(t, relay, options = {}) {
  const room = await Room.join({
    url: "http://h",
    room: "demo",
    name: "alice",
    platform: relay.platform,
    timing,
    ...options,
  });
  t.after(() => room.leave());
  await settle();
  return room;
}

async function back(relay, room, joins = 2) {
  await until(
    "it has joined again",
    () => relay.of("join").length >= joins && room.state === "connected",
  );
  await settle();
}

test("a lost connection resumes the same place and keeps the peer connections", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay, { receive: { video: 1, audio: 1 } });
  const publication = await room.publish(new FakeStream("video"));
  const states = record(room, "state");
  const { id } = room.me;
  const peers = FakePeerConnection.all.length;
  relay.socket.drop(1006);
  await back(relay, room);
  const again = relay.of("join")[1];
  assert.equal(again.resume, `secret-${id}`);
  assert.equal(again.receive, undefined);
  assert.deepEqual(
    [room.me.id, FakePeerConnection.all.length, publication.state],
    [id, peers, "live"],
  );
  assert.deepEqual(states, ["reconnecting", "connected"]);
  assert.equal(relay.of("publish").length, 1);
  assert.deepEqual(relay.errors, []);
});

test("who came and went meanwhile is told", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const bob = relay.arrive("bob");
  await settle();
  const [came, left] = [record(room, "member-joined"), record(room, "member-left")];
  relay.socket.drop(1006);
  relay.members.delete(bob.id);
  relay.members.set("m99", { info: { id: "m99", name: "carol", tracks: [] } });
  await back(relay, room);
  assert.deepEqual(
    [came.map(({ name }) => name), left.map(({ member }) => member.name)],
    [["carol"], ["bob"]],
  );
});

test("what was wanted and muted while nobody heard it is said afterwards", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const publication = await room.publish(new FakeStream("audio"));
  relay.reachable = false;
  relay.socket.drop(1006);
  await until("it is lost", () => room.state === "reconnecting");
  await publication.mute();
  await room.view({ slots: { v0: { height: 90 } } });
  relay.reachable = true;
  await back(relay, room);
  assert.deepEqual(
    relay.of("mute").map(({ track, muted }) => [track, muted]),
    [["t1", true]],
  );
  assert.deepEqual(relay.members.get(room.me.id).view.at(-1).slots, { v0: { height: 90 } });
});

test("a publication whose answer got lost is offered again", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  relay.after = () => relay.socket.drop(1006); // having accepted it
  const publication = await room.publish(new FakeStream("video"));
  await back(relay, room);
  await until("it is live", () => publication.state === "live");
  assert.deepEqual([relay.of("publish").length, relay.of("unpublish").length], [2, 1]);
  assert.deepEqual(relay.errors, []);
});

test("a receiving leg whose answer got lost is asked for again", async (t) => {
  const relay = new FakeRelay();
  const answer = relay.answer;
  relay.answer = (socket) => {
    relay.answer = answer;
    socket.drop(1006);
    return {};
  };
  const room = await join(t, relay);
  await back(relay, room);
  await until("it has answered", () => relay.of("answer").length >= 2);
  assert.equal(relay.of("restart").length, 1);
});

test("where the place is gone, one joins anew and publishes again", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay, { receive: { video: 1, audio: 1 } });
  const publication = await room.publish(new FakeStream("video"));
  relay.slots({ mid: "v0", kind: "video", member: "m9", track: "t9" });
  await settle();
  const rejoined = record(room, "rejoined");
  const before = room.me.id;
  relay.members.clear();
  relay.socket.drop(1006);
  await back(relay, room, 3);
  assert.notEqual(room.me.id, before);
  assert.equal(rejoined.length, 1);
  const joins = relay.of("join");
  assert.deepEqual(
    [joins[1].resume !== undefined, joins[2].resume, joins[2].receive],
    [true, undefined, { video: 1, audio: 1 }],
  );
  await until("it is live again", () => publication.state === "live");
  assert.equal(relay.of("publish").length, 2);
  assert.ok(room.slots.get("v0").empty);
  assert.ok(room.slots.get("v0").media);
});

test("a room that is gone ends it", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const closed = record(room, "closed");
  relay.refuseNext("join", "not-found");
  relay.socket.drop(1006);
  await until("it is closed", () => closed.length === 1);
  assert.deepEqual([closed[0].code, room.state], ["not-found", "closed"]);
});

test("it is given up after a while", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay, { timing: { ...timing, giveUpMs: 30 } });
  const closed = record(room, "closed");
  relay.reachable = false;
  relay.socket.drop(1006);
  await until("it is given up", () => closed.length === 1);
  assert.equal(closed[0].code, "connection-failed");
});

for (const [code, again] of [
  ["removed", false],
  ["room-removed", false],
  ["replaced", false],
  ["draining", true],
]) {
  test(`after closing with ${code} one ${again ? "comes again" : "stays away"}`, async (t) => {
    const relay = new FakeRelay();
    const room = await join(t, relay);
    const closed = record(room, "closed");
    const leg = FakePeerConnection.all.at(-1);
    relay.socket.say({ type: "closing", code, detail: "because" });
    await settle();
    relay.socket.drop(again ? 1001 : 1000);
    if (again) return back(relay, room);
    await until("it is closed", () => closed.length === 1);
    await settle();
    assert.deepEqual(closed, [{ code, detail: "because" }]);
    assert.deepEqual([relay.of("join").length, leg.connectionState], [1, "closed"]);
  });
}

test("leaving while the connection is lost ends the attempts", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  relay.reachable = false;
  relay.socket.drop(1006);
  await until("it is lost", () => room.state === "reconnecting");
  await room.leave();
  const attempts = relay.sockets.length;
  await settle();
  assert.ok(relay.sockets.length <= attempts + 1);
  assert.equal(room.state, "closed");
});

test("when the network is back, a dead connection is found and ICE restarted", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay, { timing: { ...timing, answerMs: 300, giveUpMs: 5000 } });
  const leg = FakePeerConnection.all.at(-1);
  leg.become("connected");
  relay.deaf = true;
  const dead = relay.socket;
  relay.platform.network.dispatchEvent(new Event("online"));
  await until("the dead one is left", () => dead.ended);
  relay.deaf = false;
  await back(relay, room);
  await until("ICE is restarted", () => relay.of("restart").length > 0);
});

test("a connection that survived the change is kept", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const publication = await room.publish(new FakeStream("audio"));
  for (const pc of FakePeerConnection.all.slice(-2)) pc.become("connected");
  room.networkChanged();
  await until("both legs are restarted", () => relay.of("restart").length === 2);
  await settle();
  assert.equal(relay.sockets.length, 1);
  assert.deepEqual(
    relay
      .of("restart")
      .map(({ leg }) => leg)
      .sort(),
    ["camera", "receive"],
  );
});
