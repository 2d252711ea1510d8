/**
 * @typedef {import("./protocol.js").Kind} Kind
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./protocol.js").SlotInfo} SlotInfo
 */
/**
 * A place in the receiving leg. Its media track stays the same for the leg's life, whoever is in
 * it: a video element needs to be told once.
 */
export class Slot {
    /**
     * @param {string} mid
     * @param {Kind} kind
     */
    constructor(mid: string, kind: Kind);
    /** @type {MediaStreamTrack | undefined} what is received; there once the leg is negotiated */
    media: MediaStreamTrack | undefined;
    /** @type {string | undefined} shared by the audio and video slot that are kept in sync */
    stream: string | undefined;
    /** @type {string | undefined} who is in it, `m4`; nothing in an empty slot */
    member: string | undefined;
    /** @type {string | undefined} `t7` */
    track: string | undefined;
    /** @type {Source | undefined} */
    source: Source | undefined;
    /** @type {string | undefined} */
    codec: string | undefined;
    /** @type {string | undefined} what is asked for: `S1T2`, `h:T2` */
    layers: string | undefined;
    /** @type {string | undefined} what is forwarded now; not known at first */
    layersCurrent: string | undefined;
    mid: string;
    kind: import("./protocol.js").Kind;
    get empty(): boolean;
    /**
     * What the relay says of it; what it doesn't say is no more.
     * @param {Partial<SlotInfo>} info
     */
    assign({ member, track, source, codec, layers, layers_current: layersCurrent }: Partial<SlotInfo>): void;
}
export type Kind = import("./protocol.js").Kind;
export type Source = import("./protocol.js").Source;
export type SlotInfo = import("./protocol.js").SlotInfo;
