/**
 * @typedef {import("./protocol.js").MemberInfo} MemberInfo
 *
 * @typedef {object} MemberNews
 * @property {(member: MemberInfo) => void} joined
 * @property {(member: MemberInfo) => void} changed
 * @property {(member: MemberInfo, reason: string) => void} left
 */
/**
 * Who is in the room, by id.
 * @extends {Map<string, MemberInfo>}
 */
export class Members extends Map<string, import("./protocol.js").MemberInfo> {
    /** @param {MemberNews} news is told of every change */
    constructor(news: MemberNews);
    /**
     * All who are there, or the first of them. Who came, changed and went while nothing was heard is
     * told like any news.
     * @param {MemberInfo[]} members
     * @param {boolean} [more] `takeMore` follows
     */
    take(members: MemberInfo[], more?: boolean | undefined): void;
    /**
     * @param {MemberInfo[]} members
     * @param {boolean} [more] others follow
     */
    takeMore(members: MemberInfo[], more?: boolean | undefined): void;
    /** @param {MemberInfo} member who came or changed */
    put(member: MemberInfo): void;
    /**
     * @param {string} id
     * @param {string} reason
     */
    leave(id: string, reason: string): void;
    /**
     * @param {string} id of a member or of a track
     * @returns {boolean} whether there is such
     */
    knows(id: string): boolean;
    #private;
}
export type MemberInfo = import("./protocol.js").MemberInfo;
export type MemberNews = {
    joined: (member: MemberInfo) => void;
    changed: (member: MemberInfo) => void;
    left: (member: MemberInfo, reason: string) => void;
};
