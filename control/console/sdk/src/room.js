import { decodable } from "./encodings.js";
import { MeetingError, codeOf } from "./errors.js";
import { Emitter } from "./events.js";
import { Members } from "./members.js";
import { TIMING, browserPlatform } from "./platform.js";
import { Publication } from "./publication.js";
import { ReceivingLeg } from "./receiving_leg.js";
import { Session } from "./session.js";
import { Slot } from "./slot.js";
import { Rates, encodingStatistics, pathStatistics, slotStatistics } from "./statistics.js";
import { Wishes } from "./wishes.js";

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
export class Room extends Emitter {
  /** All, oneself included, by id. */
  members = new Members({
    joined: (member) => this.emit("member-joined", member),
    changed: (member) => this.emit("member-changed", member),
    left: (member, reason) => this.emit("member-left", { member, reason }),
  });
  /** @type {Map<string, Slot>} by mid */ slots = new Map();
  /** @type {Map<string, string>} tracks that can't be in any of them, and why */ unshown = new Map();
  /** @type {Map<string, Publication>} by name */ publications = new Map();
  /** @type {{id: string, name: string}} */ me = { id: "", name: "" };
  name = "";
  profile = "";
  /** @type {string[]} `publish`, `subscribe`, `admin` */ rights = [];
  /** What rights and the room's profile let one publish. */
  mayPublish = { audio: false, video: false };
  wishes = new Wishes();
  /**
   * State of the connection that everything is received by.
   * @type {RTCPeerConnectionState}
   */
  receiving = "new";

  /** @type {import("./platform.js").Platform} */ #platform;
  /** @type {import("./platform.js").Timing} */ #timing;
  #session;
  /** @type {ReceivingLeg | undefined} */ #leg;
  /** @type {RTCIceServer[]} */ #iceServers = [];
  #rates = new Rates();
  #online = () => this.networkChanged();
  /** @type {Record<string, (message: any) => void>} */ #handlers = {
    offer: (message) => void this.#leg?.offer(message),
    slots: ({ slots }) => slots.forEach((/** @type {SlotInfo} */ info) => this.#assign(info)),
    unshown: ({ tracks }) => this.#cannotShow(tracks),
    "member-joined": ({ member }) => this.members.put(member),
    "member-changed": ({ member }) => this.members.put(member),
    "member-left": ({ member, reason }) => this.members.leave(member, reason),
    muted: (message) => void this.#mutedByOther(message),
    "publication-ended": (message) => void this.#publicationEnded(message),
    "receive-ended": () => this.#leg?.ended().catch((error) => this.#problem(error)),
  };

  /**
   * @param {RoomOptions} options
   * @returns {Promise<Room>} when one is in it; listeners added at once miss nothing
   */
  static async join(options) {
    const room = new Room(options);
    await room.#session.enter();
    return room;
  }

  /**
   * @internal
   * @param {RoomOptions} options
   */
  constructor({ url, room, name, token, receive, codecs, platform, timing }) {
    super();
    this.#platform = { ...browserPlatform(), ...platform };
    this.#timing = { ...TIMING, ...timing };
    const able =
      codecs ?? decodable(this.#platform.RTCRtpReceiver.getCapabilities("video")?.codecs ?? []);
    this.#session = new Session({
      url: url ?? location.origin,
      room,
      platform: this.#platform,
      timing: this.#timing,
      join: { name, codecs: able, ...(token && { token }) },
      fresh: receive ? { receive } : {},
    });
    this.#session.on("joined", ({ detail }) => this.#entered(detail.joined, detail.resumed));
    this.#session.on("message", ({ detail }) => this.#handlers[detail.type]?.(detail));
    this.#session.on("state", ({ detail }) => this.emit("state", detail));
    this.#session.on("closed", ({ detail }) => this.#closed(detail));
    this.#platform.network.addEventListener("online", this.#online);
  }

  get state() {
    return this.#session.state;
  }

  /**
   * Sends a stream. `publication` names it: `camera` (default), `screen`, or anything.
   * @param {MediaStream} stream
   * @param {VideoPlan & {publication?: string}} [options]
   * @returns {Promise<Publication>} when the relay has accepted it
   */
  async publish(stream, options = {}) {
    const { publication: name = "camera", ...plan } = options;
    if (this.publications.has(name)) await this.unpublish(name);
    const publication = new Publication(name, stream, plan, this.#legOptions());
    this.publications.set(name, publication);
    try {
      await publication.negotiate();
    } catch (error) {
      // Without a connection it is offered as soon as there is one again.
      if (codeOf(error) !== "connection-lost") {
        this.#drop(publication);
        throw error;
      }
    }
    return publication;
  }

  /** @param {string} [name] */
  async unpublish(name = "camera") {
    const publication = this.publications.get(name);
    if (!publication) return;
    const known = publication.state === "live";
    this.#drop(publication);
    if (known) await this.#request({ type: "unpublish", publication: name });
  }

  /**
   * What one wants to see. Slots that aren't named keep their wish.
   * @param {import("./wishes.js").View} view
   */
  async view(view) {
    try {
      await this.#request({ type: "view", ...view });
    } catch (error) {
      if (codeOf(error) !== "connection-lost") throw error;
    }
    this.wishes.change(view);
  }

  /**
   * Shows these first.
   * @param {...string} pins members or tracks, in order; none: nobody is pinned
   */
  pin(...pins) {
    return this.view({ pins });
  }

  /**
   * With the admin right, anybody's track.
   * @param {string} track
   * @param {boolean} [muted]
   */
  async muteTrack(track, muted = true) {
    await this.#request({ type: "mute", track, muted });
  }

  /**
   * Sends a member away; wants the admin right.
   * @param {string} member
   */
  async remove(member) {
    await this.#request({ type: "remove", member });
  }

  /** Leaves; what one published ends. */
  async leave() {
    await this.#session.leave();
  }

  /**
   * To be called where one knows that the network has changed; that it is back again is seen
   * without. The connection is looked after, and ICE restarted.
   */
  networkChanged() {
    void this.#session.networkChanged();
    this.#leg?.networkChanged();
    for (const publication of this.publications.values()) publication.networkChanged();
  }

  /** @returns {Promise<RoomStatistics>} rates are since the call before */
  async statistics() {
    const received = (await this.#leg?.pc?.getStats()) ?? new Map();
    const publications = [...this.publications.values()].map(async ({ name, pc }) => {
      const sent = (await pc?.getStats()) ?? new Map();
      const encodings = encodingStatistics(sent, this.#rates);
      return { publication: name, path: pathStatistics(sent), encodings };
    });
    return {
      slots: slotStatistics(received, this.#rates),
      path: pathStatistics(received),
      publications: await Promise.all(publications),
    };
  }

  /** @param {{type: string} & Record<string, unknown>} message */
  #request(message) {
    return this.#session.request(message);
  }

  #legOptions() {
    return {
      platform: this.#platform,
      iceServers: this.#iceServers,
      timing: this.#timing,
      request: (/** @type {any} */ message) => this.#request(message),
    };
  }

  /**
   * @param {import("./protocol.js").Joined} joined
   * @param {boolean} resumed
   */
  #entered(joined, resumed) {
    const again = this.me.id !== "" && !resumed;
    this.me = joined.member;
    this.name = joined.room.name;
    this.profile = joined.room.profile;
    this.rights = joined.rights;
    this.mayPublish = joined.may_publish;
    this.#iceServers = joined.ice_servers;
    this.members.take(joined.members, joined.more);
    if (this.unshown.size > 0) this.#cannotShow([]); // what can't still is told behind this
    const receives = joined.receive.video + joined.receive.audio > 0;
    if (resumed) {
      if (receives) this.#leg?.resumed().catch((error) => this.#problem(error));
    } else {
      this.#leg?.close();
      this.#clearSlots();
      this.#leg = receives ? this.#newLeg() : undefined;
    }
    const mine = joined.member.tracks;
    for (const publication of this.publications.values()) {
      const back = resumed ? publication.resumed(mine) : publication.negotiate();
      back.catch((error) => this.#notBack(publication, error));
    }
    if (joined.more) {
      this.#takeMore(joined.members)
        .then(() => this.#wishAgain())
        .catch((error) => this.#problem(error));
    } else {
      this.#wishAgain();
    }
    if (again) this.emit("rejoined", undefined);
  }

  /**
   * The rest of those who are there: too many for one message.
   * @param {import("./protocol.js").MemberInfo[]} members of the message before
   */
  async #takeMore(members) {
    for (let after = members.at(-1)?.id; after; ) {
      let page;
      try {
        page = await this.#request({ type: "members", after });
      } catch (error) {
        if (codeOf(error) === "connection-lost") return; // all are told again
        throw error;
      }
      this.members.takeMore(page.members, page.more);
      after = page.more && page.members.at(-1).id;
    }
  }

  #newLeg() {
    return new ReceivingLeg({
      ...this.#legOptions(),
      onTrack: (mid, track, stream) => {
        const slot = this.#slot(mid, /** @type {Slot["kind"]} */ (track.kind));
        Object.assign(slot, { media: track, stream });
        this.emit("slot", slot);
      },
      onState: (state) => {
        this.receiving = state;
        this.emit("receiving", state);
      },
      onError: (error) => this.#problem(error),
    });
  }

  #wishAgain() {
    const all = this.wishes.all((pin) => this.members.knows(pin));
    if (all) this.#request({ type: "view", ...all }).catch((error) => this.#problem(error));
  }

  /**
   * @param {string} mid
   * @param {Slot["kind"]} kind
   */
  #slot(mid, kind) {
    const slot = this.slots.get(mid) ?? new Slot(mid, kind);
    this.slots.set(mid, slot);
    return slot;
  }

  /** @param {SlotInfo} info */
  #assign(info) {
    const slot = this.#slot(info.mid, info.kind);
    slot.assign(info);
    this.emit("slot", slot);
  }

  /** @param {import("./protocol.js").UnshownTrack[]} tracks all there are */
  #cannotShow(tracks) {
    this.unshown = new Map(tracks.map(({ track, reason }) => [track, reason]));
    this.emit("unshown", this.unshown);
  }

  /** Their media ends with the old leg. */
  #clearSlots() {
    for (const slot of this.slots.values()) {
      slot.assign({});
      slot.media = slot.stream = undefined;
      this.emit("slot", slot);
    }
    this.slots.clear();
  }

  /** @param {{track: string, muted: boolean, by: string}} message */
  async #mutedByOther({ track, muted, by }) {
    for (const publication of this.publications.values()) {
      const found = await publication.mutedByOther(track, muted);
      if (found) this.emit("muted", { publication, track, muted, by });
    }
  }

  /**
   * It is offered anew, once.
   * @param {{publication: string, reason: string}} message
   */
  async #publicationEnded({ publication: name, reason }) {
    const publication = this.publications.get(name);
    if (!publication) return;
    try {
      await publication.negotiate();
    } catch (error) {
      this.#notBack(publication, error, reason);
    }
  }

  /**
   * @param {Publication} publication
   * @param {unknown} error why it couldn't be offered again
   * @param {string} [reason] why it had to be
   */
  #notBack(publication, error, reason = "lost") {
    if (codeOf(error) === "connection-lost") return; // it is offered when that is back
    if (this.publications.get(publication.name) !== publication) return;
    this.#drop(publication);
    this.#problem(error);
    this.emit("publication-ended", { publication, reason });
  }

  /** @param {Publication} publication */
  #drop(publication) {
    this.publications.delete(publication.name);
    publication.close();
  }

  /** @param {unknown} error */
  #problem(error) {
    this.emit(
      "problem",
      error instanceof MeetingError ? error : new MeetingError("internal", String(error)),
    );
  }

  /** @param {{code: string, detail: string}} why */
  #closed(why) {
    this.#platform.network.removeEventListener("online", this.#online);
    this.#leg?.close();
    for (const publication of [...this.publications.values()]) this.#drop(publication);
    this.emit("closed", why);
  }
}
