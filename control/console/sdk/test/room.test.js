import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../src/index.js";
import { FakePeerConnection } from "./fake_peer_connection.js";
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
    url: "http://127.0.0.1:8080",
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

test("joining tells who is there, what one may, and which codecs one can decode", async (t) => {
  const relay = new FakeRelay();
  relay.members.set("p9", { info: { id: "p9", name: "bob", tracks: [] } });
  const room = await join(t, relay);
  assert.deepEqual(
    [room.me.name, room.name, room.profile, room.state],
    ["alice", "demo", "meeting", "connected"],
  );
  assert.deepEqual(
    [...room.members.values()].map(({ name }) => name),
    ["bob", "alice"],
  );
  assert.deepEqual(room.mayPublish, { audio: true, video: true });
  assert.deepEqual(relay.of("join")[0].codecs, ["VP9", "AV1", "VP8", "H264"]);
  assert.deepEqual(relay.errors, []);
});

test("a wrong token is the relay's own error", async (t) => {
  const relay = new FakeRelay({ token: "secret" });
  await assert.rejects(join(t, relay), { code: "unauthorized" });
  const room = await join(t, relay, { token: "secret" });
  assert.equal(room.state, "connected");
});

test("nobody there is told at once", async (t) => {
  const relay = new FakeRelay();
  relay.reachable = false;
  await assert.rejects(join(t, relay), { code: "connection-failed" });
});

test("fewer slots can be asked for, or none", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay, { receive: { video: 1, audio: 1 } });
  assert.deepEqual([...room.slots.keys()], ["v0", "a0"]);
  const blind = await join(t, relay, { receive: { video: 0, audio: 0 } });
  assert.equal(blind.slots.size, 0);
  relay.socket.drop(1006);
  await until("it is back", () => relay.of("join").length === 3);
  await settle();
  assert.equal(relay.of("restart").length, 0);
});

test("the relay's offer is answered, and its sections become slots", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  assert.equal(relay.of("answer").length, 1);
  assert.deepEqual([...room.slots.keys()], ["v0", "v1", "v2", "a0", "a1"]);
  assert.equal(room.slots.get("v0").media.kind, "video");
  assert.equal(room.slots.get("v0").stream, room.slots.get("a0").stream);
  assert.ok(room.slots.get("v0").empty);
});

test("who is in a slot changes without its media", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const changed = record(room, "slot");
  const { media } = room.slots.get("v1");
  relay.slots({
    mid: "v1",
    kind: "video",
    member: "m2",
    track: "t3",
    source: "camera",
    codec: "VP9",
    layers: "S2T2",
    layers_current: "S1T2",
  });
  await settle();
  const slot = room.slots.get("v1");
  assert.deepEqual(changed, [slot]);
  assert.deepEqual(
    [slot.member, slot.track, slot.source, slot.codec, slot.layers, slot.layersCurrent],
    ["m2", "t3", "camera", "VP9", "S2T2", "S1T2"],
  );
  assert.equal(slot.empty, false);
  relay.slots({ mid: "v1", kind: "video" });
  await settle();
  assert.deepEqual(
    [slot.member, slot.layers, slot.layersCurrent, slot.empty],
    [undefined, undefined, undefined, true],
  );
  assert.equal(slot.media, media);
});

test("what can't be shown is told with its reason, and told anew after a lost connection", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const told = record(room, "unshown");
  relay.socket.say({ type: "unshown", tracks: [{ track: "t3", reason: "codec" }] });
  await settle();
  assert.deepEqual([...room.unshown], [["t3", "codec"]]);
  assert.deepEqual(told, [room.unshown]);
  relay.socket.drop(1006);
  await until("it is back", () => relay.of("join").length === 2);
  await settle();
  assert.equal(room.unshown.size, 0);
});

test("slots that are told before the leg is there wait for their media", async (t) => {
  const relay = new FakeRelay();
  const joined = Room.join({
    url: "http://h",
    room: "demo",
    name: "a",
    platform: relay.platform,
    timing,
  });
  const room = await joined;
  relay.slots({ mid: "v0", kind: "video", member: "m2", track: "t1" });
  await settle();
  assert.equal(room.slots.get("v0").member, "m2");
  assert.ok(room.slots.get("v0").media);
});

test("members come, change and go", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const [came, changed, left] = ["member-joined", "member-changed", "member-left"].map((type) =>
    record(room, type),
  );
  const bob = relay.arrive("bob");
  const track = {
    id: "t1",
    kind: "video",
    source: "camera",
    publication: "camera",
    codec: "VP8",
    muted: false,
  };
  relay.socket.say({ type: "member-changed", member: { ...bob, tracks: [track] } });
  relay.socket.say({ type: "member-left", member: bob.id, reason: "lost" });
  await settle();
  assert.deepEqual([came.length, changed.length, left.length], [1, 1, 1]);
  assert.equal(changed[0].tracks[0].codec, "VP8");
  assert.equal(left[0].reason, "lost");
  assert.equal(left[0].member.name, "bob");
  assert.ok(!room.members.has(bob.id));
});

test("members who don't fit into one message are asked for", async (t) => {
  const relay = new FakeRelay();
  relay.pageSize = 3;
  for (let i = 0; i < 10; ++i) {
    relay.members.set(`p${100 + i}`, { info: { id: `p${100 + i}`, name: `n${i}`, tracks: [] } });
  }
  const room = await join(t, relay);
  await until("all are known", () => room.members.size === 11);
  assert.deepEqual(
    relay.of("members").map(({ after }) => after),
    ["p102", "p105", "p108"],
  );
  // Whoever went while the connection was lost is told when all the others are known.
  const left = record(room, "member-left");
  relay.members.delete("p101");
  relay.members.delete("p107");
  relay.socket.drop(1006);
  await until("both are gone", () => left.length === 2);
  await settle();
  assert.deepEqual(
    left.map(({ member, reason }) => [member.id, reason]),
    [
      ["p101", "lost"],
      ["p107", "lost"],
    ],
  );
  assert.equal(room.members.size, 9);
  assert.deepEqual(relay.errors, []);
});

test("an ICE restart keeps the receiving peer connection, a new generation doesn't", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const member = relay.members.get(room.me.id);
  const before = FakePeerConnection.all.length;
  const first = FakePeerConnection.all.at(-1);
  first.become("failed");
  await until("a second answer", () => member.answers >= 2);
  first.become("connected");
  await settle();
  assert.equal(FakePeerConnection.all.length, before);
  const { media } = room.slots.get("v0");

  member.generation = 2;
  relay.socket.say({ type: "receive-ended", reason: "failed" });
  const answers = member.answers;
  await until("another answer", () => member.answers > answers);
  FakePeerConnection.all.at(-1).become("connected");
  await settle();
  assert.equal(FakePeerConnection.all.length, before + 1);
  assert.notEqual(room.slots.get("v0").media, media);

  const answered = member.answers;
  member.generation = 1; // one that was overtaken
  relay.offer(member);
  await settle();
  assert.equal(member.answers, answered);
});

test("what one wants to see is said, and refusals are one's own", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  await room.pin("m4", "t7");
  await room.view({ slots: { v0: { layers: "S1T2" }, v1: { height: 360 } } });
  assert.deepEqual(relay.members.get(room.me.id).view, [
    { pins: ["m4", "t7"], slots: undefined },
    { pins: undefined, slots: { v0: { layers: "S1T2" }, v1: { height: 360 } } },
  ]);
  relay.refuseNext("view", "invalid-layers");
  await assert.rejects(room.view({ slots: { v0: { layers: "?" } } }), { code: "invalid-layers" });
  assert.deepEqual(room.wishes.of("v0"), { layers: "S1T2" });
});

test("an admin mutes and removes others", async (t) => {
  const relay = new FakeRelay({ rights: ["admin"] });
  const room = await join(t, relay);
  const bob = relay.arrive("bob", [{ id: "t9", kind: "audio", muted: false }]);
  await room.muteTrack("t9");
  assert.equal(bob.tracks[0].muted, true);
  await room.remove(bob.id);
  assert.ok(!relay.members.has(bob.id));
});

test("leaving is said, and everything is closed", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const closed = record(room, "closed");
  const leg = FakePeerConnection.all.at(-1);
  await room.leave();
  await settle();
  assert.equal(relay.of("leave").length, 1);
  assert.equal(leg.connectionState, "closed");
  assert.deepEqual(
    closed.map(({ code }) => code),
    ["left"],
  );
  await assert.rejects(room.pin("m1"), { code: "left" });
  await room.leave();
  assert.equal(relay.of("leave").length, 1);
});

test("statistics of slots and publications", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  FakePeerConnection.all
    .at(-1)
    .stats.set("in", { id: "in", type: "inbound-rtp", mid: "v0", frameHeight: 270 });
  const { slots, publications } = await room.statistics();
  assert.equal(slots[0].height, 270);
  assert.deepEqual(publications, []);
});
