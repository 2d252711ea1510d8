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
export class Members extends Map {
  #news;

  /** @param {MemberNews} news is told of every change */
  constructor(news) {
    super();
    this.#news = news;
  }

  /**
   * All who are there. Who came, changed and went while nothing was heard is told like any news.
   * @param {MemberInfo[]} members
   */
  take(members) {
    const there = new Set(members.map(({ id }) => id));
    for (const id of [...this.keys()]) {
      if (!there.has(id)) this.leave(id, "lost");
    }
    for (const member of members) this.put(member);
  }

  /** @param {MemberInfo} member who came or changed */
  put(member) {
    const before = this.get(member.id);
    this.set(member.id, member);
    if (!before) this.#news.joined(member);
    else if (JSON.stringify(before) !== JSON.stringify(member)) this.#news.changed(member);
  }

  /**
   * @param {string} id
   * @param {string} reason
   */
  leave(id, reason) {
    const member = this.get(id);
    this.delete(id);
    if (member) this.#news.left(member, reason);
  }

  /**
   * @param {string} id of a member or of a track
   * @returns {boolean} whether there is such
   */
  knows(id) {
    return [...this.values()].some(
      (member) => member.id === id || member.tracks.some((track) => track.id === id),
    );
  }
}
