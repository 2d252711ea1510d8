/**
 * @typedef {import("./protocol.js").MemberInfo} MemberInfo
 * @typedef {import("./protocol.js").SlotInfo} SlotInfo
 * @typedef {import("./encodings.js").VideoPlan} VideoPlan
 *
 * @typedef {object} RoomOptions
 * @property {string} [url] of the relay; default: where the page comes from
 * @property {string} room
 * @property {string} name what the others read
 * @property {string} [token]
 * @property {Partial<import("./protocol.js").SlotCounts>} [receive] than the room's profile has
 * @property {string[]} [codecs] that can be decoded; default: what the browser says
 * @property {Partial<import("./platform.js").Platform>} [platform]
 * @property {Partial<import("./platform.js").Timing>} [timing]
 *
 * @typedef {object} RoomStatistics
 * @property {import("./statistics.js").SlotStatistics[]} slots
 * @property {import("./statistics.js").PathStatistics} path of what is received
 * @property {{publication: string, path: import("./statistics.js").PathStatistics,
 *   encodings: import("./statistics.js").EncodingStatistics[]}[]} publications
 *
 * @typedef {object} RoomEvents
 * @property {import("./session.js").SessionState} state of the connection to the relay
 * @property {RTCPeerConnectionState} receiving state of what is received
 * @property {Slot} slot other people, layers or media are in it
 * @property {Map<string, string>} unshown of tracks that can't be in any of one's slots: why
 * @property {MemberInfo} member-joined
 * @property {MemberInfo} member-changed
 * @property {{member: MemberInfo, reason: string}} member-left
 * @property {{publication: Publication, track: string, muted: boolean, by: string}} muted by others
 * @property {{publication: Publication, reason: string}} publication-ended for good
 * @property {undefined} rejoined as a new member: one's old place was gone
 * @property {unknown} problem something failed that will be tried again, or can't be helped
 * @property {{code: string, detail: string}} closed for good
 */
/**
 * A meeting that one is in.
 * @extends {Emitter<RoomEvents>}
 */
export class Room extends Emitter<RoomEvents> {
    /**
     * @param {RoomOptions} options
     * @returns {Promise<Room>} when one is in it; listeners added at once miss nothing
     */
    static join(options: RoomOptions): Promise<Room>;
    /**
     * @internal
     * @param {RoomOptions} options
     */
    constructor({ url, room, name, token, receive, codecs, platform, timing }: RoomOptions);
    /** All, oneself included, by id. */
    members: Members;
    /** @type {Map<string, Slot>} by mid */ slots: Map<string, Slot>;
    /** @type {Map<string, string>} tracks that can't be in any of them, and why */ unshown: Map<string, string>;
    /** @type {Map<string, Publication>} by name */ publications: Map<string, Publication>;
    /** @type {{id: string, name: string}} */ me: {
        id: string;
        name: string;
    };
    name: string;
    profile: string;
    /** @type {string[]} `publish`, `subscribe`, `admin` */ rights: string[];
    /** What rights and the room's profile let one publish. */
    mayPublish: {
        audio: boolean;
        video: boolean;
    };
    wishes: Wishes;
    /**
     * State of the connection that everything is received by.
     * @type {RTCPeerConnectionState}
     */
    receiving: RTCPeerConnectionState;
    get state(): import("./session.js").SessionState;
    /**
     * Sends a stream. `publication` names it: `camera` (default), `screen`, or anything.
     * @param {MediaStream} stream
     * @param {VideoPlan & {publication?: string}} [options]
     * @returns {Promise<Publication>} when the relay has accepted it
     */
    publish(stream: MediaStream, options?: (import("./encodings.js").VideoPlan & {
        publication?: string | undefined;
    }) | undefined): Promise<Publication>;
    /** @param {string} [name] */
    unpublish(name?: string | undefined): Promise<void>;
    /**
     * What one wants to see. Slots that aren't named keep their wish.
     * @param {import("./wishes.js").View} view
     */
    view(view: import("./wishes.js").View): Promise<void>;
    /**
     * Shows these first.
     * @param {...string} pins members or tracks, in order; none: nobody is pinned
     */
    pin(...pins: string[]): Promise<void>;
    /**
     * With the admin right, anybody's track.
     * @param {string} track
     * @param {boolean} [muted]
     */
    muteTrack(track: string, muted?: boolean | undefined): Promise<void>;
    /**
     * Sends a member away; wants the admin right.
     * @param {string} member
     */
    remove(member: string): Promise<void>;
    /** Leaves; what one published ends. */
    leave(): Promise<void>;
    /**
     * To be called where one knows that the network has changed; that it is back again is seen
     * without. The connection is looked after, and ICE restarted.
     */
    networkChanged(): void;
    /** @returns {Promise<RoomStatistics>} rates are since the call before */
    statistics(): Promise<RoomStatistics>;
    #private;
}
export type MemberInfo = import("./protocol.js").MemberInfo;
export type SlotInfo = import("./protocol.js").SlotInfo;
export type VideoPlan = import("./encodings.js").VideoPlan;
export type RoomOptions = {
    /**
     * of the relay; default: where the page comes from
     */
    url?: string | undefined;
    room: string;
    /**
     * what the others read
     */
    name: string;
    token?: string | undefined;
    /**
     * than the room's profile has
     */
    receive?: Partial<import("./protocol.js").SlotCounts> | undefined;
    /**
     * that can be decoded; default: what the browser says
     */
    codecs?: string[] | undefined;
    platform?: Partial<import("./platform.js").Platform> | undefined;
    timing?: Partial<import("./platform.js").Timing> | undefined;
};
export type RoomStatistics = {
    slots: import("./statistics.js").SlotStatistics[];
    /**
     * of what is received
     */
    path: import("./statistics.js").PathStatistics;
    publications: {
        publication: string;
        path: import("./statistics.js").PathStatistics;
        encodings: import("./statistics.js").EncodingStatistics[];
    }[];
};
export type RoomEvents = {
    /**
     * of the connection to the relay
     */
    state: import("./session.js").SessionState;
    /**
     * state of what is received
     */
    receiving: RTCPeerConnectionState;
    /**
     * other people, layers or media are in it
     */
    slot: Slot;
    /**
     * of tracks that can't be in any of one's slots: why
     */
    unshown: Map<string, string>;
    "member-joined": MemberInfo;
    "member-changed": MemberInfo;
    "member-left": {
        member: MemberInfo;
        reason: string;
    };
    /**
     * by others
     */
    muted: {
        publication: Publication;
        track: string;
        muted: boolean;
        by: string;
    };
    /**
     * for good
     */
    "publication-ended": {
        publication: Publication;
        reason: string;
    };
    /**
     * as a new member: one's old place was gone
     */
    rejoined: undefined;
    /**
     * something failed that will be tried again, or can't be helped
     */
    problem: unknown;
    /**
     * for good
     */
    closed: {
        code: string;
        detail: string;
    };
};
import { Emitter } from "./events.js";
import { Members } from "./members.js";
import { Slot } from "./slot.js";
import { Publication } from "./publication.js";
import { Wishes } from "./wishes.js";
