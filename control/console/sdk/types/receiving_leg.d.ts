/**
 * @typedef {object} LegOptions
 * @property {import("./platform.js").Platform} platform
 * @property {RTCIceServer[]} iceServers
 * @property {import("./leg_watch.js").LegTiming} timing
 * @property {(message: {type: string} & Record<string, unknown>) => Promise<any>} request
 *
 * @typedef {LegOptions & {
 *   onTrack: (mid: string, track: MediaStreamTrack, stream: string | undefined) => void,
 *   onState: (state: RTCPeerConnectionState) => void,
 *   onError: (error: unknown) => void}} ReceivingLegOptions
 */
/** The peer connection that all slots arrive by. The relay offers, this answers. */
export class ReceivingLeg {
    /** @param {ReceivingLegOptions} options */
    constructor(options: ReceivingLegOptions);
    /** @returns {RTCPeerConnection | undefined} */
    get pc(): RTCPeerConnection | undefined;
    /**
     * Answers it. The generation that is there already: an ICE restart; a later one: a new peer
     * connection. An earlier one is left alone.
     * @param {{sdp: string, generation: number}} offer
     */
    offer({ sdp, generation }: {
        sdp: string;
        generation: number;
    }): Promise<unknown>;
    /** The relay's side has ended: another is asked for. */
    ended(): Promise<void>;
    /** Asks for an offer with new ICE credentials. */
    restart(): Promise<void>;
    /** The WebSocket is back. What got lost with the old one is asked for again. */
    resumed(): Promise<void>;
    /** Restarts ICE now. */
    networkChanged(): void;
    close(): void;
    #private;
}
export type LegOptions = {
    platform: import("./platform.js").Platform;
    iceServers: RTCIceServer[];
    timing: import("./leg_watch.js").LegTiming;
    request: (message: {
        type: string;
    } & Record<string, unknown>) => Promise<any>;
};
export type ReceivingLegOptions = LegOptions & {
    onTrack: (mid: string, track: MediaStreamTrack, stream: string | undefined) => void;
    onState: (state: RTCPeerConnectionState) => void;
    onError: (error: unknown) => void;
};
