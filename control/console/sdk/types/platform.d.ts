/** @returns {Platform} the browser's */
export function browserPlatform(): Platform;
/**
 * @typedef {object} Platform what the browser brings, or something else in its place
 * @property {typeof WebSocket} WebSocket
 * @property {typeof RTCPeerConnection} RTCPeerConnection
 * @property {Pick<typeof RTCRtpSender, "getCapabilities">} RTCRtpSender
 * @property {Pick<typeof RTCRtpReceiver, "getCapabilities">} RTCRtpReceiver
 * @property {EventTarget} network says `online` when there is a network again
 *
 * @typedef {object} Timing milliseconds
 * @property {number} answerMs how long the relay has to answer
 * @property {number} checkMs the same, when the network has just changed
 * @property {number} firstMs before the first attempt to come back, or between two ICE restarts
 * @property {number} mostMs the same, at most
 * @property {number} giveUpMs how long coming back is tried
 * @property {number} graceMs how long media may be disconnected before ICE is restarted
 */
/** @type {Timing} */
export const TIMING: Timing;
/**
 * what the browser brings, or something else in its place
 */
export type Platform = {
    WebSocket: typeof WebSocket;
    RTCPeerConnection: typeof RTCPeerConnection;
    RTCRtpSender: Pick<typeof RTCRtpSender, "getCapabilities">;
    RTCRtpReceiver: Pick<typeof RTCRtpReceiver, "getCapabilities">;
    /**
     * says `online` when there is a network again
     */
    network: EventTarget;
};
/**
 * milliseconds
 */
export type Timing = {
    /**
     * how long the relay has to answer
     */
    answerMs: number;
    /**
     * the same, when the network has just changed
     */
    checkMs: number;
    /**
     * before the first attempt to come back, or between two ICE restarts
     */
    firstMs: number;
    /**
     * the same, at most
     */
    mostMs: number;
    /**
     * how long coming back is tried
     */
    giveUpMs: number;
    /**
     * how long media may be disconnected before ICE is restarted
     */
    graceMs: number;
};
