/**
 * @typedef {import("../sdk/src/room.js").Room} Room
 * @typedef {import("../sdk/src/publication.js").Publication} Publication
 * @typedef {import("../sdk/src/encodings.js").VideoPlan} VideoPlan
 * @typedef {import("./lobby.js").Source} Source
 */

/** What one sends: the picture and sound that one came with, and a screen. */
export class OwnMedia {
  #room;
  #onChange;
  /** @type {Map<string, {publication: Publication, stop: () => void}>} by the publication's name */
  #sent = new Map();

  /**
   * @param {Room} room
   * @param {() => void} onChange
   */
  constructor(room, onChange) {
    this.#room = room;
    this.#onChange = onChange;
  }

  /**
   * @param {string} name of the publication
   * @param {Source} source
   * @param {VideoPlan} plan
   * @returns {Promise<boolean>} false where the room lets one send nothing of it
   */
  async publish(name, { stream, stop }, plan) {
    for (const track of stream?.getTracks() ?? []) {
      const allowed = this.#room.mayPublish[/** @type {"audio" | "video"} */ (track.kind)];
      if (allowed) continue;
      track.stop();
      stream?.removeTrack(track);
    }
    if (!stream || stream.getTracks().length === 0) {
      stop();
      return false;
    }
    try {
      const publication = await this.#room.publish(stream, { publication: name, ...plan });
      this.#sent.set(name, { publication, stop });
    } catch (error) {
      stop();
      throw error;
    }
    // Who stops sharing in the browser's own bar, or unplugs a camera, ends it.
    for (const track of stream.getVideoTracks())
      track.addEventListener("ended", () => void this.end(name));
    this.#onChange();
    return true;
  }

  /** @param {string} name */
  async end(name) {
    this.forget(name);
    // The connection may be gone: then it ends with that.
    await this.#room.unpublish(name).catch(() => {});
  }

  /**
   * It is sent no more already.
   * @param {string} name
   */
  forget(name) {
    this.#sent.get(name)?.stop();
    this.#sent.delete(name);
    this.#onChange();
  }

  /**
   * @param {string} name
   * @returns {boolean}
   */
  sends(name) {
    return this.#sent.has(name);
  }

  /**
   * @param {"audio" | "video"} kind
   * @returns {{muted: boolean} | undefined} undefined where nothing of that kind is sent
   */
  state(kind) {
    const publication = this.#main(kind);
    return publication && { muted: publication.muted(kind) };
  }

  /** @param {"audio" | "video"} kind */
  async toggle(kind) {
    const publication = this.#main(kind);
    if (!publication) return;
    const done = publication.muted(kind) ? publication.unmute(kind) : publication.mute(kind);
    this.#onChange();
    await done;
    this.#onChange();
  }

  /** @returns {MediaStreamTrack | undefined} one's own picture */
  get picture() {
    return this.#main("video")?.stream.getVideoTracks()[0];
  }

  close() {
    for (const { stop } of this.#sent.values()) stop();
    this.#sent.clear();
  }

  /**
   * @param {"audio" | "video"} kind
   * @returns {Publication | undefined} camera before screen
   */
  #main(kind) {
    const all = ["camera", "screen"].flatMap((name) => this.#sent.get(name)?.publication ?? []);
    return all.find(({ tracks }) => tracks.some((track) => track.kind === kind));
  }
}
