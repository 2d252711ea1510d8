/**
 * A stream that one sends: a peer connection with a transceiver for each of its tracks. Made by
 * Room.publish.
 * @extends {Emitter<{state: PublicationState}>}
 */
export class Publication extends Emitter<{
    state: PublicationState;
}> {
    /**
     * @param {string} name
     * @param {MediaStream} stream
     * @param {VideoPlan} video
     * @param {import("./receiving_leg.js").LegOptions} options
     */
    constructor(name: string, stream: MediaStream, video: VideoPlan, options: import("./receiving_leg.js").LegOptions);
    name: string;
    stream: MediaStream;
    plan: {
        codec: import("./encodings.js").VideoCodec;
        sendEncodings: import("./encodings.js").Encoding[];
    };
    /** @type {PublishedTrack[]} */
    tracks: PublishedTrack[];
    get state(): PublicationState;
    /** @returns {RTCPeerConnection | undefined} */
    get pc(): RTCPeerConnection | undefined;
    /**
     * @param {Kind} [kind]
     * @returns {boolean} whether all its tracks (of that kind) are muted
     */
    muted(kind?: import("./protocol.js").Kind | undefined): boolean;
    /**
     * Nothing is sent any more, and the others are told.
     * @param {Kind} [kind] default: all
     */
    mute(kind?: import("./protocol.js").Kind | undefined): Promise<void>;
    /** @param {Kind} [kind] */
    unmute(kind?: import("./protocol.js").Kind | undefined): Promise<void>;
    /**
     * Sends another camera or microphone from now on; nothing is negotiated.
     * @param {MediaStreamTrack} media in place of the one of its kind
     */
    replaceTrack(media: MediaStreamTrack): Promise<void>;
    /** @internal Offers it on a new peer connection. */
    negotiate(): Promise<void>;
    /** @internal Restarts ICE; where the relay knows it no more, offers it anew. */
    restart(): Promise<void>;
    /** @internal The network is another one: restarts ICE now. */
    networkChanged(): void;
    /**
     * @internal The WebSocket is back: what got lost with the old one is made up for.
     * @param {TrackInfo[]} known one's own tracks, as the relay has them
     */
    resumed(known: TrackInfo[]): Promise<void>;
    /**
     * @internal Somebody else muted it, or let it speak again.
     * @param {string} id
     * @param {boolean} muted
     */
    mutedByOther(id: string, muted: boolean): Promise<PublishedTrack | undefined>;
    /** @internal Nothing is sent any more. The stream's tracks are the application's to stop. */
    close(): void;
    #private;
}
export type Kind = import("./protocol.js").Kind;
export type Source = import("./protocol.js").Source;
export type TrackInfo = import("./protocol.js").TrackInfo;
export type VideoPlan = import("./encodings.js").VideoPlan;
export type PublishedTrack = {
    kind: Kind;
    source: Source;
    media: MediaStreamTrack;
    muted: boolean;
    /**
     * the relay's name for it, `t7`
     */
    id?: string | undefined;
    transceiver?: RTCRtpTransceiver | undefined;
};
export type PublicationState = "offering" | "live" | "ended";
import { Emitter } from "./events.js";
