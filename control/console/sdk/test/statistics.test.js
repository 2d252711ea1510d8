import assert from "node:assert/strict";
import { test } from "node:test";
import { Rates, encodingStatistics, pathStatistics, slotStatistics } from "../src/statistics.js";

const report = (...entries) => new Map(entries.map((one) => [one.id, one]));
const inbound = (more) => ({
  id: "in",
  type: "inbound-rtp",
  kind: "video",
  mid: "3",
  codecId: "c",
  ...more,
});

test("rates of a slot are since the time before", () => {
  const rates = new Rates();
  const codec = { id: "c", type: "codec", mimeType: "video/VP9" };
  slotStatistics(
    report(
      codec,
      inbound({ timestamp: 1000, bytesReceived: 1000, packetsReceived: 10, packetsLost: 1 }),
    ),
    rates,
  );
  const [slot] = slotStatistics(
    report(
      codec,
      inbound({
        timestamp: 3000,
        bytesReceived: 251_000,
        packetsReceived: 28,
        packetsLost: 3,
        frameWidth: 480,
        frameHeight: 270,
        framesPerSecond: 29.97,
        freezeCount: 2,
        totalFreezesDuration: 0.75,
        jitter: 0.012,
        framesDecoded: 60,
      }),
    ),
    rates,
  );
  assert.deepEqual(slot, {
    mid: "3",
    codec: "VP9",
    kbps: 1000,
    lossPercent: 10,
    width: 480,
    height: 270,
    fps: 30,
    framesDecoded: 60,
    freezes: 2,
    freezeMs: 750,
    jitterMs: 12,
    audioLevel: 0,
    audioSamples: 0,
  });
});

test("loudness is of all the time between, not of a moment", () => {
  const rates = new Rates();
  const audio = (timestamp, totalAudioEnergy, totalSamplesDuration) =>
    slotStatistics(
      report(inbound({ timestamp, totalAudioEnergy, totalSamplesDuration })),
      rates,
    )[0];
  assert.equal(audio(1000, 4, 10).audioLevel, 0);
  assert.equal(audio(2000, 4.25, 11).audioLevel, 0.5);
  assert.equal(audio(3000, 4.25, 12).audioLevel, 0);
});

test("losses that turn out to be none don't count below zero", () => {
  const rates = new Rates();
  slotStatistics(report(inbound({ timestamp: 1000, packetsLost: 5, packetsReceived: 10 })), rates);
  const [slot] = slotStatistics(
    report(inbound({ timestamp: 2000, packetsLost: 3, packetsReceived: 20 })),
    rates,
  );
  assert.equal(slot.lossPercent, 0);
});

test("a counter that begins anew makes no rate", () => {
  const rates = new Rates();
  rates.kbps("x", 1000, 5000);
  assert.equal(rates.kbps("x", 2000, 100), 0);
  assert.equal(rates.kbps("x", 3000, 1100), 8);
});

test("encodings that are sent, smallest first", () => {
  const outbound = (rid, height) => ({
    id: rid,
    type: "outbound-rtp",
    mid: "0",
    rid,
    frameHeight: height,
    frameWidth: height * 2,
    timestamp: 1,
  });
  const sent = encodingStatistics(report(outbound("f", 540), outbound("q", 135)), new Rates());
  assert.deepEqual(
    sent.map(({ rid, height }) => [rid, height]),
    [
      ["q", 135],
      ["f", 540],
    ],
  );
});

test("the path", () => {
  assert.deepEqual(
    pathStatistics(
      report(
        {
          id: "t",
          type: "transport",
          selectedCandidatePairId: "p",
          srtpCipher: "AEAD_AES_128_GCM",
        },
        { id: "p", type: "candidate-pair", localCandidateId: "l", currentRoundTripTime: 0.0204 },
        { id: "l", type: "local-candidate", protocol: "tcp" },
      ),
    ),
    { protocol: "tcp", rttMs: 20, cipher: "AEAD_AES_128_GCM" },
  );
  assert.deepEqual(pathStatistics(new Map()), { protocol: "", rttMs: 0, cipher: "" });
});
