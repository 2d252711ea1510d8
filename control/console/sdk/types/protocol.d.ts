export const SUBPROTOCOL: "strata.v1";
export type Kind = "video" | "audio";
export type Source = "camera" | "microphone" | "screen" | "screen-audio";
/**
 * what a member publishes
 */
export type TrackInfo = {
    /**
     * `t7`
     */
    id: string;
    kind: Kind;
    source: Source;
    publication: string;
    codec: string;
    muted: boolean;
    /**
     * `S2T2` or, with rids, `f:T2`; of video
     */
    layers?: string[] | undefined;
};
export type MemberInfo = {
    /**
     * `m4`
     */
    id: string;
    name: string;
    tracks: TrackInfo[];
};
/**
 * an empty slot has only `mid` and `kind`
 */
export type SlotInfo = {
    mid: string;
    kind: Kind;
    member?: string | undefined;
    track?: string | undefined;
    source?: Source | undefined;
    codec?: string | undefined;
    /**
     * what is asked for; `none` while it is paused
     */
    layers?: string | undefined;
    /**
     * what is forwarded now
     */
    layers_current?: string | undefined;
};
/**
 * that can't be in any of one's slots
 */
export type UnshownTrack = {
    track: string;
    /**
     * the browser decodes none of its kind; or all slots have
     * carried AV1 in the other form, with or without the dependency descriptor
     */
    reason: "codec" | "av1-form";
};
export type SlotCounts = {
    video: number;
    audio: number;
};
export type Joined = {
    type: "joined";
    /**
     * oneself
     */
    member: MemberInfo;
    resume: string;
    room: {
        name: string;
        profile: string;
    };
    rights: string[];
    members: MemberInfo[];
    /**
     * there are others behind them
     */
    more?: boolean | undefined;
    may_publish: {
        audio: boolean;
        video: boolean;
    };
    ice_servers: RTCIceServer[];
    receive: SlotCounts;
};
export type Published = {
    publication: string;
    sdp: string;
    tracks: {
        mid: string;
        id: string;
    }[];
};
/**
 * what one wants of one slot
 */
export type SlotWish = {
    /**
     * `S1T2`, `h:T2`, `max`, or `auto` to take a wish back
     */
    layers?: string | undefined;
    /**
     * at which it is shown, in device pixels
     */
    height?: number | undefined;
    paused?: boolean | undefined;
};
/**
 * any message of the relay
 */
export type Message = {
    type: string;
    id?: number | undefined;
};
