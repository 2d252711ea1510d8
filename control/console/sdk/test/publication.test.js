import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../src/index.js";
import { FakePeerConnection, FakeStream, FakeTrack } from "./fake_peer_connection.js";
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

async function join(t, relay) {
  const room = await Room.join({
    url: "http://h",
    room: "demo",
    name: "alice",
    platform: relay.platform,
    timing,
  });
  t.after(() => room.leave());
  await settle();
  return room;
}

async function published(t, options, kinds = ["video", "audio"]) {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const stream = new FakeStream(...kinds);
  const publication = await room.publish(stream, options);
  return { relay, room, stream, publication, pc: publication.pc };
}

test("a stream is offered with its encodings, and its tracks get the relay's names", async (t) => {
  // B9
  const { relay, publication, pc } = await published(t, { codec: "VP9", scalabilityMode: "L3T3" });
  const [video, audio] = pc.transceivers;
  assert.deepEqual(video.sender.encodings, [{ scalabilityMode: "L3T3" }]);
  assert.deepEqual(
    video.preferences.map(({ mimeType }) => mimeType),
    ["video/VP9", "video/rtx"],
  );
  assert.deepEqual(audio.sender.encodings, [{}]);
  assert.deepEqual([video.direction, audio.direction], ["sendonly", "sendonly"]);
  const [{ publication: name, tracks }] = relay.of("publish");
  assert.equal(name, "camera");
  assert.deepEqual(tracks, [
    { mid: "0", source: "camera", muted: false, height: 540, scalability: "L3T3" },
    { mid: "1", source: "microphone", muted: false },
  ]);
  assert.deepEqual(
    publication.tracks.map(({ id }) => id),
    ["t1", "t2"],
  );
  assert.equal(publication.state, "live");
  assert.deepEqual(pc.configuration.iceServers, [{ urls: ["stun:203.0.113.1"] }]);
  assert.deepEqual(relay.errors, []);
});

test("what is given up last is the application's to say", async (t) => {
  const { pc } = await published(t, { degradationPreference: "maintain-resolution" });
  const [video] = pc.transceivers;
  assert.equal(video.sender.getParameters().degradationPreference, "maintain-resolution");
  assert.deepEqual(video.sender.encodings, [{ scalabilityMode: "L3T3_KEY" }]);
});

test("a codec that the browser can't send leaves nothing behind", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  relay.platform.RTCRtpSender = { getCapabilities: () => ({ codecs: [] }) };
  const before = FakePeerConnection.all.length;
  const other = await Room.join({
    url: "http://h",
    room: "demo",
    name: "b",
    platform: relay.platform,
    timing,
  });
  t.after(() => other.leave());
  await assert.rejects(other.publish(new FakeStream("video")), { code: "codec-unsupported" });
  assert.deepEqual([other.publications.size, room.publications.size], [0, 0]);
  assert.equal(FakePeerConnection.all.at(-1).connectionState, "closed");
  assert.ok(FakePeerConnection.all.length > before);
});

test("a screen's tracks are a screen's", async (t) => {
  const { relay } = await published(t, { publication: "screen", codec: "VP8", rids: true });
  assert.deepEqual(
    relay.of("publish")[0].tracks.map(({ source }) => source),
    ["screen", "screen-audio"],
  );
});

test("the same name again replaces the publication", async (t) => {
  const { relay, room, publication, pc } = await published(t);
  const again = await room.publish(new FakeStream("video"));
  assert.equal(relay.of("unpublish").length, 1);
  assert.deepEqual(
    [publication.state, pc.connectionState, again.state],
    ["ended", "closed", "live"],
  );
  assert.deepEqual([...room.publications.values()], [again]);
});

test("a refused publication leaves nothing behind", async (t) => {
  const relay = new FakeRelay({ rights: ["subscribe"] });
  const room = await join(t, relay);
  await assert.rejects(room.publish(new FakeStream("video")), { code: "forbidden" });
  assert.equal(room.publications.size, 0);
  assert.equal(FakePeerConnection.all.at(-1).connectionState, "closed");
  await assert.rejects(room.publish(new FakeStream()), { code: "nothing-to-publish" });
});

test("a muted video isn't encoded, and the others are told", async (t) => {
  const { relay, publication, pc } = await published(t);
  await publication.mute("video");
  assert.deepEqual(
    [publication.muted("video"), publication.muted("audio"), publication.muted()],
    [true, false, false],
  );
  assert.equal(pc.transceivers[0].sender.encodings[0].active, false);
  assert.equal(publication.tracks[0].media.enabled, false);
  await publication.mute();
  assert.ok(publication.muted());
  await publication.unmute("video");
  assert.equal(pc.transceivers[0].sender.encodings[0].active, true);
  assert.equal(publication.tracks[0].media.enabled, true);
  assert.deepEqual(
    relay.of("mute").map(({ track, muted }) => [track, muted]),
    [
      ["t1", true],
      ["t2", true],
      ["t1", false],
    ],
  );
});

test("a stream that is silent already is published muted", async (t) => {
  const relay = new FakeRelay();
  const room = await join(t, relay);
  const stream = new FakeStream("video");
  stream.tracks[0].enabled = false;
  const publication = await room.publish(stream);
  assert.equal(relay.of("publish")[0].tracks[0].muted, true);
  assert.equal(publication.pc.transceivers[0].sender.encodings[0].active, false);
});

test("being muted by somebody else stops what is sent", async (t) => {
  const { relay, room, publication, pc } = await published(t);
  const muted = record(room, "muted");
  relay.socket.say({ type: "muted", track: "t1", muted: true, by: "m7" });
  await settle();
  assert.equal(pc.transceivers[0].sender.encodings[0].active, false);
  assert.deepEqual(muted, [{ publication, track: "t1", muted: true, by: "m7" }]);
  assert.equal(relay.of("mute").length, 0);
});

test("another camera takes the place of the one before", async (t) => {
  const { publication, stream, pc } = await published(t);
  await publication.mute("video");
  const other = new FakeTrack("video");
  await publication.replaceTrack(other);
  assert.equal(pc.transceivers[0].sender.track, other);
  assert.equal(other.enabled, false);
  assert.ok(stream.getTracks().includes(other));
});

test("a failed leg gets an ICE restart", async (t) => {
  const { relay, publication, pc } = await published(t);
  pc.become("failed");
  await until("a restart", () => relay.of("restart").length > 0);
  await settle();
  pc.become("connected");
  const [{ leg, sdp }] = relay.of("restart");
  assert.equal(leg, "camera");
  assert.ok(JSON.parse(sdp).ice >= 1);
  assert.equal(publication.pc, pc);
});

test("an offer of a restart whose answer got lost is taken back", async (t) => {
  const { relay, publication, pc } = await published(t);
  relay.refuseNext("restart", "dataplane-unavailable");
  await assert.rejects(publication.restart(), { code: "dataplane-unavailable" });
  assert.equal(pc.signalingState, "have-local-offer");
  await publication.restart();
  assert.equal(pc.signalingState, "stable");
  assert.deepEqual(relay.errors.length, 1);
});

test("a publication that the relay forgot is offered anew", async (t) => {
  const { relay, room, publication, pc } = await published(t);
  relay.members.get(room.me.id).info.tracks = [];
  await publication.restart();
  assert.equal(relay.of("publish").length, 2);
  assert.notEqual(publication.pc, pc);
});

test("a publication that ended is offered once more, and given up when refused", async (t) => {
  const { relay, room, publication } = await published(t);
  const ended = record(room, "publication-ended");
  const own = relay.members.get(room.me.id).info;
  own.tracks = [];
  relay.socket.say({ type: "publication-ended", publication: "camera", reason: "failed" });
  await until("it is offered again", () => relay.of("publish").length === 2);
  await settle();
  assert.deepEqual([publication.state, ended.length], ["live", 0]);

  relay.refuseNext("publish", "limit-reached");
  relay.socket.say({ type: "publication-ended", publication: "camera", reason: "failed" });
  await until("it has ended", () => ended.length === 1);
  assert.deepEqual(
    [publication.state, ended[0].reason, room.publications.size],
    ["ended", "failed", 0],
  );
});

test("unpublishing is said and closes the peer connection", async (t) => {
  const { relay, room, pc, stream } = await published(t);
  await room.unpublish();
  assert.equal(relay.of("unpublish")[0].publication, "camera");
  assert.equal(pc.connectionState, "closed");
  assert.equal(stream.tracks[0].enabled, true);
  await room.unpublish();
  assert.equal(relay.of("unpublish").length, 1);
});
