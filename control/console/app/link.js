// What a link says: /r/ROOM#token=…&name=…&source=pattern&codec=VP9&mode=L3T3&height=540&join.
// What follows # stays in the browser.

/**
 * @param {Location | URL} location
 * @returns {{room: string, token: string, join: boolean, settings: Record<string, string>}}
 */
export function readLink({ pathname, hash }) {
  const words = new URLSearchParams(hash.slice(1));
  const [, room = ""] = /^\/r\/([^/]+)$/.exec(pathname) ?? [];
  /** @type {Record<string, string>} */
  const settings = {};
  for (const name of ["name", "source", "codec", "mode", "height"]) {
    const value = words.get(name);
    if (value) settings[name] = value;
  }
  return { room: decode(room), token: words.get("token") ?? "", join: words.has("join"), settings };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {string} origin
 * @param {string} room
 * @param {string} token
 * @returns {string} that lets somebody else in
 */
export function inviteLink(origin, room, token) {
  const secret = token ? `#token=${encodeURIComponent(token)}` : "";
  return `${origin}/r/${encodeURIComponent(room)}${secret}`;
}
