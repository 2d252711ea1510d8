import assert from "node:assert/strict";
import { test } from "node:test";
import { inviteLink, readLink } from "../app/link.js";

test("a link names room, token and what to send", () => {
  const url = new URL(
    "https://node/r/a%20b#token=x.y.z&name=Bob&source=pattern&codec=VP8&mode=L1T3&height=360&join",
  );
  assert.deepEqual(readLink(url), {
    room: "a b",
    token: "x.y.z",
    join: true,
    settings: { name: "Bob", source: "pattern", codec: "VP8", mode: "L1T3", height: "360" },
  });
  assert.deepEqual(readLink(new URL("https://node/")), {
    room: "",
    token: "",
    join: false,
    settings: {},
  });
});

test("nonsense in a link does no harm", () => {
  assert.equal(readLink(new URL("https://node/r/%E0%A4%A")).room, "%E0%A4%A");
  assert.equal(readLink(new URL("https://node/r/a/b")).room, "");
});

test("an invitation can be read again", () => {
  const url = new URL(inviteLink("https://node", "a/b c", "t=1&x"));
  const { room, token, join } = readLink(url);
  assert.deepEqual([room, token, join], ["a/b c", "t=1&x", false]);
  assert.equal(inviteLink("https://node", "demo", ""), "https://node/r/demo");
});
