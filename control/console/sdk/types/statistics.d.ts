/**
 * @param {RTCStatsReport} stats of the receiving leg
 * @param {Rates} rates
 * @returns {SlotStatistics[]}
 */
export function slotStatistics(stats: RTCStatsReport, rates: Rates): SlotStatistics[];
/**
 * @param {RTCStatsReport} stats of a publication
 * @param {Rates} rates
 * @returns {EncodingStatistics[]} by mid, then smallest first
 */
export function encodingStatistics(stats: RTCStatsReport, rates: Rates): EncodingStatistics[];
/**
 * @param {RTCStatsReport} stats of a leg
 * @returns {PathStatistics}
 */
export function pathStatistics(stats: RTCStatsReport): PathStatistics;
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
    /**
     * @param {string} name of the counter
     * @param {number} at ms
     * @param {number} value
     * @returns {{change: number, seconds: number}} since the last time; zeros the first time
     */
    since(name: string, at: number, value: number): {
        change: number;
        seconds: number;
    };
    /**
     * @param {string} name
     * @param {number} at ms
     * @param {number} bytes
     * @returns {number} kbit/s
     */
    kbps(name: string, at: number, bytes: number): number;
    #private;
}
/**
 * what arrives in a slot, since the call before
 */
export type SlotStatistics = {
    mid: string;
    codec: string;
    kbps: number;
    lossPercent: number;
    /**
     * of the decoded picture; 0 in an audio slot, as all down to `freezeMs`
     */
    width: number;
    height: number;
    /**
     * decoded
     */
    fps: number;
    /**
     * in all
     */
    framesDecoded: number;
    /**
     * in all
     */
    freezes: number;
    /**
     * in all
     */
    freezeMs: number;
    jitterMs: number;
    /**
     * loudness on average, 0 to 1; 0 in a video slot
     */
    audioLevel: number;
    /**
     * received in all
     */
    audioSamples: number;
};
/**
 * one encoding that is sent
 */
export type EncodingStatistics = {
    mid: string;
    /**
     * empty where there is only one
     */
    rid: string;
    codec: string;
    scalabilityMode: string;
    kbps: number;
    width: number;
    height: number;
    fps: number;
    /**
     * `none`, `cpu`, `bandwidth`, `other`
     */
    limitedBy: string;
};
/**
 * how packets go
 */
export type PathStatistics = {
    /**
     * `udp`, `tcp`, or empty before there is a path
     */
    protocol: string;
    rttMs: number;
    /**
     * of SRTP
     */
    cipher: string;
};
