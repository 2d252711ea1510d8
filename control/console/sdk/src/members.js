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
  /** @type {Set<string> | undefined} who is there, while not all have been told yet */
  #there;

  /** @param {MemberNews} news is told of every change */
  constructor(news) {
    super();
    this.#news = news;
  }

  /**
   * All who are there, or the first of them. Who came, changed and went while nothing was heard is
   * told like any news.
   * @param {MemberInfo[]} members
   * @param {boolean} [more] `takeMore` follows
   */
  take(members, more = false) {
    this.#there = new Set();
    this.takeMore(members, more);
  }

  /**
   * @param {MemberInfo[]} members
   * @param {boolean} [more] others follow
   */
  takeMore(members, more = false) {
    for (const member of members) this.put(member);
    if (more) return;
    for (const id of [...this.keys()]) {
      if (this.#there && !this.#there.has(id)) this.leave(id, "lost");
    }
    this.#there = undefined;
  }

  /** @param {MemberInfo} member who came or changed */
  put(member) {
    this.#there?.add(member.id);
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
