/**
 * @typedef {object} SlotStatistics what arrives in a slot, since the call before
 * @property {string} mid
 * @property {string} codec
 * @property {number} kbps
 * @property {number} lossPercent
 * @property {number} width of the decoded picture; 0 in an audio slot, as all down to `freezeMs`
 * @property {number} height
 * @property {number} fps decoded
 * @property {number} framesDecoded in all
 * @property {number} freezes in all
 * @property {number} freezeMs in all
 * @property {number} jitterMs
 * @property {number} audioLevel loudness on average, 0 to 1; 0 in a video slot
 * @property {number} audioSamples received in all
 *
 * @typedef {object} EncodingStatistics one encoding that is sent
 * @property {string} mid
 * @property {string} rid empty where there is only one
 * @property {string} codec
 * @property {string} scalabilityMode
 * @property {number} kbps
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {string} limitedBy `none`, `cpu`, `bandwidth`, `other`
 *
 * @typedef {object} PathStatistics how packets go
 * @property {string} protocol `udp`, `tcp`, or empty before there is a path
 * @property {number} rttMs
 * @property {string} cipher of SRTP
 */

/** Remembers counters, to make rates of them. */
export class Rates {
  /** @type {Map<string, {at: number, value: number}>} */ #before = new Map();

  /**
   * @param {string} name of the counter
   * @param {number} at ms
   * @param {number} value
   * @returns {{change: number, seconds: number}} since the last time; zeros the first time
   */
  since(name, at, value) {
    const before = this.#before.get(name);
    this.#before.set(name, { at, value });
    if (!before || at <= before.at || value < before.value) return { change: 0, seconds: 0 };
    return { change: value - before.value, seconds: (at - before.at) / 1000 };
  }

  /**
   * @param {string} name
   * @param {number} at ms
   * @param {number} bytes
   * @returns {number} kbit/s
   */
  kbps(name, at, bytes) {
    const { change, seconds } = this.since(name, at, bytes);
    return seconds > 0 ? Math.round((change * 8) / seconds / 1000) : 0;
  }
}

/**
 * @param {Map<string, any>} report
 * @param {string} [id]
 * @returns {string} `VP9`
 */
function codecName(report, id) {
  return report.get(id ?? "")?.mimeType?.split("/")[1] ?? "";
}

/**
 * The root of the mean square, not the level of a moment: short sounds aren't missed.
 * @param {any} inbound
 * @param {Rates} rates
 * @returns {number}
 */
function loudness({ id, timestamp, totalAudioEnergy = 0, totalSamplesDuration = 0 }, rates) {
  const energy = rates.since(`${id} energy`, timestamp, totalAudioEnergy).change;
  const seconds = rates.since(`${id} duration`, timestamp, totalSamplesDuration).change;
  return seconds > 0 ? Math.sqrt(energy / seconds) : 0;
}

/**
 * @param {RTCStatsReport} stats of the receiving leg
 * @param {Rates} rates
 * @returns {SlotStatistics[]}
 */
export function slotStatistics(stats, rates) {
  const report = /** @type {Map<string, any>} */ (/** @type {unknown} */ (stats));
  return [...report.values()]
    .filter((one) => one.type === "inbound-rtp")
    .map((one) => {
      const lost = rates.since(`${one.id} lost`, one.timestamp, one.packetsLost ?? 0).change;
      const received = rates.since(
        `${one.id} packets`,
        one.timestamp,
        one.packetsReceived ?? 0,
      ).change;
      return {
        mid: one.mid,
        codec: codecName(report, one.codecId),
        kbps: rates.kbps(one.id, one.timestamp, one.bytesReceived ?? 0),
        lossPercent: lost > 0 ? Math.round((1000 * lost) / (lost + received)) / 10 : 0,
        width: one.frameWidth ?? 0,
        height: one.frameHeight ?? 0,
        fps: Math.round(one.framesPerSecond ?? 0),
        framesDecoded: one.framesDecoded ?? 0,
        freezes: one.freezeCount ?? 0,
        freezeMs: Math.round(1000 * (one.totalFreezesDuration ?? 0)),
        jitterMs: Math.round(1000 * (one.jitter ?? 0)),
        audioLevel: loudness(one, rates),
        audioSamples: one.totalSamplesReceived ?? 0,
      };
    });
}

/**
 * @param {RTCStatsReport} stats of a publication
 * @param {Rates} rates
 * @returns {EncodingStatistics[]} by mid, then smallest first
 */
export function encodingStatistics(stats, rates) {
  const report = /** @type {Map<string, any>} */ (/** @type {unknown} */ (stats));
  return [...report.values()]
    .filter((one) => one.type === "outbound-rtp")
    .map((one) => ({
      mid: one.mid,
      rid: one.rid ?? "",
      codec: codecName(report, one.codecId),
      scalabilityMode: one.scalabilityMode ?? "",
      kbps: rates.kbps(one.id, one.timestamp, one.bytesSent ?? 0),
      width: one.frameWidth ?? 0,
      height: one.frameHeight ?? 0,
      fps: Math.round(one.framesPerSecond ?? 0),
      limitedBy: one.qualityLimitationReason ?? "none",
    }))
    .sort((a, b) => Number(a.mid) - Number(b.mid) || a.height - b.height);
}

/**
 * @param {RTCStatsReport} stats of a leg
 * @returns {PathStatistics}
 */
export function pathStatistics(stats) {
  const report = /** @type {Map<string, any>} */ (/** @type {unknown} */ (stats));
  const transport = [...report.values()].find((one) => one.type === "transport");
  const pair = report.get(transport?.selectedCandidatePairId ?? "");
  const local = report.get(pair?.localCandidateId ?? "");
  return {
    protocol: local?.protocol ?? "",
    rttMs: Math.round(1000 * (pair?.currentRoundTripTime ?? 0)),
    cipher: transport?.srtpCipher ?? "",
  };
}
