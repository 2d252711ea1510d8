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
export const TIMING = {
  answerMs: 10_000,
  checkMs: 3_000,
  firstMs: 250,
  mostMs: 8_000,
  giveUpMs: 300_000,
  graceMs: 4_000,
};

/** @returns {Platform} the browser's */
export function browserPlatform() {
  const { WebSocket, RTCPeerConnection, RTCRtpSender, RTCRtpReceiver } = globalThis;
  return { WebSocket, RTCPeerConnection, RTCRtpSender, RTCRtpReceiver, network: globalThis };
}
