// For scripts/test: a line "pass NAME" or "fail NAME" for each test, and the reasons behind it.

const FIELD = /\s+/g;

export default async function* lines(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    // Some versions of node count whole files as well.
    if (type === "test:pass" && data.name.endsWith(".js")) continue;
    yield `${type === "test:pass" ? "pass" : "fail"} console ${data.name.replace(FIELD, " ")}\n`;
    if (type === "test:fail") {
      const error = data.details?.error;
      yield `${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
  }
}
