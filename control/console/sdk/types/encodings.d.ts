/**
 * What a transceiver is made with. Every encoding has a scalabilityMode or a rid: browsers offer
 * the dependency descriptor only then, and the relay switches layers by it.
 * @param {VideoPlan} [plan]
 * @returns {{codec: VideoCodec, sendEncodings: Encoding[]}}
 */
export function planVideo(plan?: VideoPlan | undefined): {
    codec: VideoCodec;
    sendEncodings: Encoding[];
};
/**
 * For setCodecPreferences: the codec's entries, the commonest profile first, then RTX.
 * @template {{mimeType: string, sdpFmtpLine?: string}} Capability
 * @param {Capability[]} capabilities what the browser has
 * @param {VideoCodec} codec
 * @returns {Capability[]}
 */
export function codecPreferences<Capability extends {
    mimeType: string;
    sdpFmtpLine?: string | undefined;
}>(capabilities: Capability[], codec: VideoCodec): Capability[];
/**
 * @param {{mimeType: string}[]} capabilities of a receiver
 * @returns {VideoCodec[]} those of the relay's codecs that can be decoded
 */
export function decodable(capabilities: {
    mimeType: string;
}[]): VideoCodec[];
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
export const VIDEO_CODECS: VideoCodec[];
export type VideoCodec = "VP8" | "VP9" | "AV1" | "H264";
export type DegradationPreference = "balanced" | "maintain-framerate" | "maintain-resolution";
/**
 * how one's video is encoded
 */
export type VideoPlan = {
    /**
     * VP9 by default
     */
    codec?: VideoCodec | undefined;
    /**
     * `L3T3`, `L3T3_KEY`, `L1T2` …; with rids, of each of them
     */
    scalabilityMode?: string | undefined;
    /**
     * several encodings, smallest first; true: `q`, `h`, `f`
     */
    rids?: boolean | string[] | undefined;
    /**
     * bit/s of all layers of an encoding together
     */
    maxBitrate?: number | undefined;
    maxFramerate?: number | undefined;
    /**
     * what is given up last where the
     * machine or the network is too slow
     */
    degradationPreference?: DegradationPreference | undefined;
};
export type Encoding = RTCRtpEncodingParameters & {
    scalabilityMode?: string;
    maxFramerate?: number;
};
