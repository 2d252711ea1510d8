import assert from "node:assert/strict";
import { test } from "node:test";
import { planVideo } from "../sdk/src/encodings.js";
import { pathText, tileText } from "../app/figures.js";
import { codecChoices, modeChoices, planOf } from "../app/modes.js";
import { initials } from "../app/tile.js";

test("every mode that is offered can be planned, with a descriptor", () => {
  // B9
  for (const [codec] of codecChoices(["VP8", "VP9", "AV1", "H264"])) {
    assert.ok(modeChoices(codec).length > 0);
    for (const [mode] of modeChoices(codec)) {
      for (const one of planVideo(planOf(codec, mode)).sendEncodings) {
        assert.ok(one.rid || one.scalabilityMode !== "L1T1", `${codec} ${mode}`);
      }
    }
  }
  assert.deepEqual(codecChoices(["VP8"]), [["VP8", "VP8"]]);
});

test("initials of all kinds of names", () => {
  assert.deepEqual(["ada lovelace", "Bob", " ", "Éva  M. Nagy", "😀 x"].map(initials), [
    "AL",
    "B",
    "?",
    "ÉM",
    "😀X",
  ]);
});

test("figures as text", () => {
  const slot = { width: 480, height: 270, fps: 25, kbps: 310, codec: "VP9" };
  assert.equal(tileText(slot, "S1T2"), "VP9 · S1T2 · 480×270 · 25 fps · 310 kbit/s");
  assert.equal(
    pathText({ protocol: "udp", rttMs: 3, cipher: "SRTP_AEAD_AES_128_GCM" }),
    "UDP · 3 ms · AES-128-GCM",
  );
  assert.equal(pathText({ protocol: "", rttMs: 0, cipher: "" }), "");
});
