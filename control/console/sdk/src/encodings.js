import { MeetingError } from "./errors.js";

/**
 * @typedef {"VP8" | "VP9" | "AV1" | "H264"} VideoCodec
 *
 * @typedef {"balanced" | "maintain-framerate" | "maintain-resolution"} DegradationPreference
 *
 * @typedef {object} VideoPlan how one's video is encoded
 * @property {VideoCodec} [codec] VP9 by default
 * @property {string} [scalabilityMode] `L3T3`, `L3T3_KEY`, `L1T2` …; with rids, of each of them
 * @property {boolean | string[]} [rids] several encodings, smallest first; true: `q`, `h`, `f`
 * @property {number} [maxBitrate] bit/s of all layers of an encoding together
 * @property {number} [maxFramerate]
 * @property {DegradationPreference} [degradationPreference] what is given up last where the
 *   machine or the network is too slow
 *
 * @typedef {RTCRtpEncodingParameters & {scalabilityMode?: string, maxFramerate?: number}} Encoding
 */

/**
 * What the relay forwards, in the order in which it is preferred.
 * @type {VideoCodec[]}
 */
export const VIDEO_CODECS = ["VP9", "AV1", "VP8", "H264"];

/**
 * What a codec is sent with unless one says otherwise. VP8 and H.264 have no spatial layers in
 * browsers: VP8 sends three encodings, which is cheap; OpenH264 is slow, so one.
 * @type {Record<VideoCodec, {scalabilityMode: string, rids: boolean}>}
 */
const DEFAULTS = {
  VP9: { scalabilityMode: "L3T3_KEY", rids: false },
  AV1: { scalabilityMode: "L3T3", rids: false },
  VP8: { scalabilityMode: "L1T3", rids: true },
  H264: { scalabilityMode: "L1T3", rids: false },
};

const THREE_RIDS = ["q", "h", "f"];

/**
 * What a transceiver is made with. Every encoding has a scalabilityMode or a rid: browsers offer
 * the dependency descriptor only then, and the relay switches layers by it.
 * @param {VideoPlan} [plan]
 * @returns {{codec: VideoCodec, sendEncodings: Encoding[]}}
 */
export function planVideo(plan = {}) {
  const codec = plan.codec ?? "VP9";
  const usual = DEFAULTS[codec];
  if (!usual) throw new MeetingError("codec-unsupported", `the relay doesn't know ${codec}`);
  const chosen = plan.scalabilityMode !== undefined || plan.rids !== undefined;
  const rids = ridsOf(chosen ? (plan.rids ?? false) : usual.rids);
  const scalabilityMode =
    plan.scalabilityMode ?? (chosen && rids.length ? undefined : usual.scalabilityMode);
  /** @type {Encoding} */
  const common = {};
  if (scalabilityMode) common.scalabilityMode = scalabilityMode;
  if (plan.maxFramerate) common.maxFramerate = plan.maxFramerate;
  if (rids.length === 0) {
    return { codec, sendEncodings: [withBitrate(common, plan.maxBitrate)] };
  }
  const sendEncodings = rids.map((rid, index) => {
    const scale = 2 ** (rids.length - 1 - index);
    const bitrate = plan.maxBitrate && plan.maxBitrate / scale ** 2;
    return withBitrate({ ...common, rid, scaleResolutionDownBy: scale }, bitrate);
  });
  return { codec, sendEncodings };
}

/**
 * @param {boolean | string[]} rids
 * @returns {string[]}
 */
function ridsOf(rids) {
  return rids === true ? THREE_RIDS : rids || [];
}

/**
 * @param {Encoding} encoding
 * @param {number} [maxBitrate]
 * @returns {Encoding}
 */
function withBitrate(encoding, maxBitrate) {
  return maxBitrate ? { ...encoding, maxBitrate: Math.round(maxBitrate) } : encoding;
}

/**
 * Profiles that every relay and browser has come first.
 * @type {[RegExp, number][]}
 */
const RANKS = [
  [/profile-id=0/, 2],
  [/profile=0/, 2],
  [/packetization-mode=1/, 2],
  [/profile-level-id=42e0/, 1],
];

/**
 * For setCodecPreferences: the codec's entries, the commonest profile first, then RTX.
 * @template {{mimeType: string, sdpFmtpLine?: string}} Capability
 * @param {Capability[]} capabilities what the browser has
 * @param {VideoCodec} codec
 * @returns {Capability[]}
 */
export function codecPreferences(capabilities, codec) {
  const mime = `video/${codec}`.toLowerCase();
  /** @param {Capability} one */
  const rank = (one) =>
    RANKS.reduce(
      (sum, [pattern, value]) => sum + (pattern.test(one.sdpFmtpLine ?? "") ? value : 0),
      0,
    );
  const own = capabilities.filter((one) => one.mimeType.toLowerCase() === mime);
  if (own.length === 0)
    throw new MeetingError("codec-unsupported", `this browser can't send ${codec}`);
  own.sort((a, b) => rank(b) - rank(a));
  return [...own, ...capabilities.filter((one) => one.mimeType.toLowerCase() === "video/rtx")];
}

/**
 * @param {{mimeType: string}[]} capabilities of a receiver
 * @returns {VideoCodec[]} those of the relay's codecs that can be decoded
 */
export function decodable(capabilities) {
  const there = new Set(capabilities.map((one) => one.mimeType.toLowerCase()));
  return VIDEO_CODECS.filter((codec) => there.has(`video/${codec}`.toLowerCase()));
}
