// The messages of the subprotocol strata.v1 as types. docs/meetings.md of the relay is the
// contract.

export const SUBPROTOCOL = "strata.v1";

/**
 * @typedef {"video" | "audio"} Kind
 * @typedef {"camera" | "microphone" | "screen" | "screen-audio"} Source
 *
 * @typedef {object} TrackInfo what a member publishes
 * @property {string} id `t7`
 * @property {Kind} kind
 * @property {Source} source
 * @property {string} publication
 * @property {string} codec
 * @property {boolean} muted
 * @property {string[]} [layers] `S2T2` or, with rids, `f:T2`; of video
 *
 * @typedef {object} MemberInfo
 * @property {string} id `m4`
 * @property {string} name
 * @property {TrackInfo[]} tracks
 *
 * @typedef {object} SlotInfo an empty slot has only `mid` and `kind`
 * @property {string} mid
 * @property {Kind} kind
 * @property {string} [member]
 * @property {string} [track]
 * @property {Source} [source]
 * @property {string} [codec]
 * @property {string} [layers] what is asked for; `none` while it is paused
 * @property {string} [layers_current] what is forwarded now
 *
 * @typedef {object} UnshownTrack that can't be in any of one's slots
 * @property {string} track
 * @property {"codec" | "av1-form"} reason the browser decodes none of its kind; or all slots have
 *   carried AV1 in the other form, with or without the dependency descriptor
 *
 * @typedef {object} SlotCounts
 * @property {number} video
 * @property {number} audio
 *
 * @typedef {object} Joined
 * @property {"joined"} type
 * @property {MemberInfo} member oneself
 * @property {string} resume
 * @property {{name: string, profile: string}} room
 * @property {string[]} rights
 * @property {MemberInfo[]} members
 * @property {boolean} [more] there are others behind them
 * @property {{audio: boolean, video: boolean}} may_publish
 * @property {RTCIceServer[]} ice_servers
 * @property {SlotCounts} receive
 *
 * @typedef {object} Published
 * @property {string} publication
 * @property {string} sdp
 * @property {{mid: string, id: string}[]} tracks
 *
 * @typedef {object} SlotWish what one wants of one slot
 * @property {string} [layers] `S1T2`, `h:T2`, `max`, or `auto` to take a wish back
 * @property {number} [height] at which it is shown, in device pixels
 * @property {boolean} [paused]
 *
 * @typedef {object} Message any message of the relay
 * @property {string} type
 * @property {number} [id]
 */
