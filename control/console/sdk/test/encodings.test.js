import assert from "node:assert/strict";
import { test } from "node:test";
import { codecPreferences, decodable, planVideo } from "../src/encodings.js";

test("without a wish it is VP9 with layers", () => {
  assert.deepEqual(planVideo(), { codec: "VP9", sendEncodings: [{ scalabilityMode: "L3T3_KEY" }] });
});

test("every default has a rid or a scalability mode, for the dependency descriptor", () => {
  // B9
  for (const codec of ["VP8", "VP9", "AV1", "H264"]) {
    for (const one of planVideo({ codec }).sendEncodings) {
      assert.ok(one.rid || (one.scalabilityMode && one.scalabilityMode !== "L1T1"), codec);
    }
  }
});

test("rids come smallest first, each with its part of the bit rate", () => {
  const { sendEncodings } = planVideo({
    codec: "VP8",
    rids: true,
    maxBitrate: 1_600_000,
    maxFramerate: 15,
  });
  assert.deepEqual(sendEncodings, [
    { maxFramerate: 15, rid: "q", scaleResolutionDownBy: 4, maxBitrate: 100_000 },
    { maxFramerate: 15, rid: "h", scaleResolutionDownBy: 2, maxBitrate: 400_000 },
    { maxFramerate: 15, rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_600_000 },
  ]);
});

test("rids and a scalability mode together, and rids of one's own", () => {
  const { sendEncodings } = planVideo({
    codec: "VP8",
    rids: ["low", "high"],
    scalabilityMode: "L1T2",
  });
  assert.deepEqual(
    sendEncodings.map(({ rid, scalabilityMode }) => [rid, scalabilityMode]),
    [
      ["low", "L1T2"],
      ["high", "L1T2"],
    ],
  );
});

test("a scalability mode alone means one encoding, for VP8 too", () => {
  assert.deepEqual(planVideo({ codec: "VP8", scalabilityMode: "L1T2" }).sendEncodings, [
    { scalabilityMode: "L1T2" },
  ]);
});

test("an unknown codec is refused", () => {
  assert.throws(() => planVideo({ codec: "H265" }), { code: "codec-unsupported" });
});

const capabilities = [
  { mimeType: "video/VP8" },
  { mimeType: "video/rtx" },
  { mimeType: "video/VP9", sdpFmtpLine: "profile-id=2" },
  { mimeType: "video/VP9", sdpFmtpLine: "profile-id=0" },
  {
    mimeType: "video/H264",
    sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
  },
  {
    mimeType: "video/H264",
    sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f",
  },
  {
    mimeType: "video/H264",
    sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
  },
  { mimeType: "video/red" },
];

test("the commonest profile comes first, RTX last, nothing else", () => {
  assert.deepEqual(
    codecPreferences(capabilities, "VP9").map((one) => one.sdpFmtpLine ?? one.mimeType),
    ["profile-id=0", "profile-id=2", "video/rtx"],
  );
  const h264 = codecPreferences(capabilities, "H264");
  assert.match(h264[0].sdpFmtpLine, /packetization-mode=1;profile-level-id=42e0/);
  assert.equal(h264.length, 4);
});

test("a codec that the browser hasn't is refused", () => {
  assert.throws(() => codecPreferences(capabilities, "AV1"), { code: "codec-unsupported" });
});

test("decodable are those of the relay's codecs that are there", () => {
  assert.deepEqual(decodable(capabilities), ["VP9", "VP8", "H264"]);
});
