import { make, say } from "./element.js";

/**
 * @typedef {import("../sdk/src/room.js").RoomStatistics} RoomStatistics
 * @typedef {import("../sdk/src/statistics.js").SlotStatistics} SlotStatistics
 * @typedef {{key: string, cells: Record<string, string>}} Row
 */

/** @type {[string, string][]} key and title */
const RECEIVED = [
  ["who", "From"],
  ["codec", "Codec"],
  ["layers", "Layers"],
  ["size", "Size"],
  ["fps", "fps"],
  ["kbps", "kbit/s"],
  ["loss", "Loss"],
  ["freezes", "Freezes"],
];
/** @type {[string, string][]} */
const SENT = [
  ["what", "What"],
  ["codec", "Codec"],
  ["mode", "Mode"],
  ["size", "Size"],
  ["fps", "fps"],
  ["kbps", "kbit/s"],
  ["limit", "Limit"],
];

/** @type {Record<string, string>} */
const CIPHERS = {
  SRTP_AEAD_AES_128_GCM: "AES-128-GCM",
  SRTP_AEAD_AES_256_GCM: "AES-256-GCM",
  SRTP_AES128_CM_HMAC_SHA1_80: "AES-128-CM",
};

/** A table whose rows come and go by key; cells say what they are in `data-figure`. */
class FigureTable {
  #columns;
  #head = make("thead");
  #body = make("tbody");
  #empty = make("p", { class: "quiet" });
  /** @type {Map<string, HTMLTableRowElement>} */ #rows = new Map();

  /**
   * @param {string} caption
   * @param {[string, string][]} columns
   * @param {string} empty what is said where there are no rows
   */
  constructor(caption, columns, empty) {
    this.#columns = columns;
    const titles = columns.map(([, title]) => make("th", { scope: "col" }, title));
    this.#head.append(make("tr", {}, ...titles));
    const head = make("caption", {}, caption);
    this.table = make("table", { class: "figures" }, head, this.#head, this.#body);
    this.#empty.textContent = empty;
    this.element = make("div", { class: "figure-block" }, this.table, this.#empty);
  }

  /** @param {Row[]} rows */
  update(rows) {
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, element] of this.#rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    for (const { key, cells } of rows) {
      const row = this.#rows.get(key) ?? this.#add(key);
      this.#columns.forEach(([name], index) => say(row.cells[index], cells[name] ?? ""));
    }
    this.#empty.hidden = rows.length > 0;
    this.#head.hidden = rows.length === 0;
  }

  /** @param {string} key */
  #add(key) {
    const row = make(
      "tr",
      { "data-key": key },
      ...this.#columns.map(([name, title]) =>
        make("td", { "data-figure": name, "data-title": title }),
      ),
    );
    this.#rows.set(key, row);
    this.#body.append(row);
    return row;
  }
}

/** What is received and sent, in figures, once a second. */
export class Figures {
  #room;
  #received = new FigureTable("Received", RECEIVED, "Nothing is received now.");
  #sent = new FigureTable("Sent", SENT, "Nothing is sent now.");
  #path = make("p", { class: "quiet", id: "figures-path" });

  /**
   * @param {HTMLElement} element
   * @param {import("../sdk/src/room.js").Room} room
   */
  constructor(element, room) {
    this.#room = room;
    element.replaceChildren(this.#received.element, this.#sent.element, this.#path);
  }

  /** @param {RoomStatistics} statistics */
  update({ slots, publications, path }) {
    const filled = slots.filter(({ mid }) => this.#room.slots.get(mid)?.empty === false);
    this.#received.update(filled.map((slot) => this.#receivedRow(slot)));
    this.#sent.update(
      publications.flatMap(({ publication, encodings }) =>
        encodings.map((one) => ({
          key: `${publication} ${one.mid} ${one.rid}`,
          cells: {
            what: one.rid ? `${publication} ${one.rid}` : publication,
            codec: one.codec,
            mode: one.scalabilityMode,
            size: size(one),
            fps: one.height ? String(one.fps) : "",
            kbps: String(one.kbps),
            limit: one.limitedBy === "none" ? "" : one.limitedBy,
          },
        })),
      ),
    );
    say(this.#path, pathText(path));
  }

  /**
   * @param {SlotStatistics} statistics
   * @returns {Row}
   */
  #receivedRow(statistics) {
    const slot = /** @type {import("../sdk/src/slot.js").Slot} */ (
      this.#room.slots.get(statistics.mid)
    );
    const video = slot.kind === "video";
    const name = this.#room.members.get(slot.member ?? "")?.name ?? slot.member ?? "";
    return {
      key: statistics.mid,
      cells: {
        who: slot.source === "screen" ? `${name}’s screen` : name,
        codec: statistics.codec || slot.codec || "",
        layers: slot.layersCurrent ?? "",
        size: video ? size(statistics) : "sound",
        fps: video ? String(statistics.fps) : "",
        kbps: String(statistics.kbps),
        loss: `${statistics.lossPercent} %`,
        freezes: video ? freezes(statistics) : "",
      },
    };
  }
}

/** @param {{width: number, height: number}} picture */
function size({ width, height }) {
  return height ? `${width}×${height}` : "";
}

/** @param {SlotStatistics} statistics */
function freezes({ freezes: count, freezeMs }) {
  return count ? `${count} (${(freezeMs / 1000).toFixed(1)} s)` : "0";
}

/**
 * @param {RoomStatistics["path"]} path
 * @returns {string} `UDP, 12 ms, AES-128-GCM`
 */
export function pathText({ protocol, rttMs, cipher }) {
  if (!protocol) return "";
  const name = CIPHERS[cipher] ?? cipher;
  return [protocol.toUpperCase(), `${rttMs} ms`, name].filter(Boolean).join(" · ");
}

/**
 * @param {SlotStatistics} statistics
 * @param {string} [layers]
 * @returns {string} for a tile
 */
export function tileText({ width, height, fps, kbps, codec }, layers) {
  return [codec, layers, size({ width, height }), `${fps} fps`, `${kbps} kbit/s`]
    .filter(Boolean)
    .join(" · ");
}
