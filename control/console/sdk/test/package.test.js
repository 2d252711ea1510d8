import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../", import.meta.url);
const about = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));

test("the package is found by its name and has what applications import", async () => {
  const [own, source] = await Promise.all([import(about.name), import("../src/index.js")]);
  assert.deepEqual(Object.keys(own), Object.keys(source));
  assert.equal(own.Room, source.Room);
  for (const name of ["Room", "Publication", "Slot", "SizeWatcher", "MeetingError"])
    assert.equal(typeof own[name], "function", name);
});

test("what is published is complete: each module has its types, and nothing else is needed", () => {
  assert.equal(about.type, "module");
  assert.equal(about.dependencies, undefined);
  for (const path of Object.values(about.exports["."])) {
    assert.ok(existsSync(new URL(path, folder)), path);
    assert.ok(about.files.includes(path.split("/")[1]), `${path} isn't packed`);
  }
  const names = (part, end) =>
    readdirSync(new URL(part, folder)).map((name) => name.slice(0, -end.length));
  assert.deepEqual(names("types/", ".d.ts").sort(), names("src/", ".js").sort());
  for (const name of readdirSync(new URL("src/", folder))) {
    const text = readFileSync(new URL(`src/${name}`, folder), "utf8");
    for (const [, from] of text.matchAll(/^import .* from "([^"]+)"/gm))
      assert.match(from, /^\.\/[a-z_]+\.js$/, `${name} imports ${from}`);
  }
});
