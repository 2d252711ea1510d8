/**
 * @typedef {import("./protocol.js").Kind} Kind
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./protocol.js").SlotInfo} SlotInfo
 */

/**
 * A place in the receiving leg. Its media track stays the same for the leg's life, whoever is in
 * it: a video element needs to be told once.
 */
export class Slot {
  /** @type {MediaStreamTrack | undefined} what is received; there once the leg is negotiated */
  media;
  /** @type {string | undefined} shared by the audio and video slot that are kept in sync */
  stream;
  /** @type {string | undefined} who is in it, `m4`; nothing in an empty slot */
  member;
  /** @type {string | undefined} `t7` */
  track;
  /** @type {Source | undefined} */
  source;
  /** @type {string | undefined} */
  codec;
  /** @type {string | undefined} what is asked for: `S1T2`, `h:T2` */
  layers;
  /** @type {string | undefined} what is forwarded now; not known at first */
  layersCurrent;

  /**
   * @param {string} mid
   * @param {Kind} kind
   */
  constructor(mid, kind) {
    this.mid = mid;
    this.kind = kind;
  }

  get empty() {
    return this.track === undefined;
  }

  /**
   * What the relay says of it; what it doesn't say is no more.
   * @param {Partial<SlotInfo>} info
   */
  assign({ member, track, source, codec, layers, layers_current: layersCurrent }) {
    Object.assign(this, { member, track, source, codec, layers, layersCurrent });
  }
}
