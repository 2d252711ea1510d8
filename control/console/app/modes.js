// The ways to send layers that browsers know, per codec, as the lobby offers them.

/** @typedef {import("../sdk/src/encodings.js").VideoPlan} VideoPlan */

const SIMULCAST = "simulcast";

/**
 * Value and text, the best first.
 * @type {Record<string, [string, string][]>}
 */
const MODES = {
  VP9: [
    ["L3T3_KEY", "3 sizes × 3 rates, in key frames (L3T3_KEY)"],
    ["L3T3", "3 sizes × 3 rates (L3T3)"],
    ["L2T2", "2 sizes × 2 rates (L2T2)"],
    ["L1T3", "1 size × 3 rates (L1T3)"],
  ],
  AV1: [
    ["L3T3", "3 sizes × 3 rates (L3T3)"],
    ["L3T3_KEY", "3 sizes × 3 rates, in key frames (L3T3_KEY)"],
    ["L2T2", "2 sizes × 2 rates (L2T2)"],
    ["L1T3", "1 size × 3 rates (L1T3)"],
  ],
  VP8: [
    [SIMULCAST, "3 sizes side by side (simulcast)"],
    ["L1T3", "1 size × 3 rates (L1T3)"],
  ],
  H264: [
    ["L1T3", "1 size × 3 rates (L1T3)"],
    [SIMULCAST, "3 sizes side by side (simulcast)"],
  ],
};
const NAMES = { VP9: "VP9", AV1: "AV1", VP8: "VP8", H264: "H.264" };

/**
 * @param {string[]} able codecs that the browser can send
 * @returns {[string, string][]} value and text
 */
export function codecChoices(able) {
  return Object.entries(NAMES).filter(([codec]) => able.includes(codec));
}

/**
 * @param {string} codec
 * @returns {[string, string][]} value and text
 */
export function modeChoices(codec) {
  return MODES[codec] ?? [];
}

/**
 * @param {string} codec
 * @param {string} mode
 * @returns {VideoPlan}
 */
export function planOf(codec, mode) {
  const known = /** @type {NonNullable<VideoPlan["codec"]>} */ (codec);
  return mode === SIMULCAST
    ? { codec: known, rids: true, scalabilityMode: "L1T2" }
    : { codec: known, scalabilityMode: mode };
}
