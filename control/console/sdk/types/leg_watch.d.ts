/**
 * @typedef {object} LegTiming milliseconds
 * @property {number} graceMs how long a leg may be disconnected before ICE is restarted
 * @property {number} firstMs between two restarts, the first time
 * @property {number} mostMs between two restarts, at most
 */
/**
 * Watches a peer connection and restarts its ICE when it has failed, or has been disconnected
 * for a while, and again until it is connected.
 */
export class LegWatch {
    /**
     * @param {RTCPeerConnection} pc
     * @param {() => Promise<unknown>} restart a rejection means that it has to be tried again
     * @param {LegTiming} timing
     */
    constructor(pc: RTCPeerConnection, restart: () => Promise<unknown>, timing: LegTiming);
    /** Restarts now: somebody knows that the network has changed. */
    now(): void;
    stop(): void;
    #private;
}
/**
 * milliseconds
 */
export type LegTiming = {
    /**
     * how long a leg may be disconnected before ICE is restarted
     */
    graceMs: number;
    /**
     * between two restarts, the first time
     */
    firstMs: number;
    /**
     * between two restarts, at most
     */
    mostMs: number;
};
