import { codecPreferences, planVideo } from "./encodings.js";
import { MeetingError, codeOf } from "./errors.js";
import { Emitter } from "./events.js";
import { LegWatch } from "./leg_watch.js";

/**
 * @typedef {import("./protocol.js").Kind} Kind
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./protocol.js").TrackInfo} TrackInfo
 * @typedef {import("./encodings.js").VideoPlan} VideoPlan
 *
 * @typedef {object} PublishedTrack
 * @property {Kind} kind
 * @property {Source} source
 * @property {MediaStreamTrack} media
 * @property {boolean} muted
 * @property {string} [id] the relay's name for it, `t7`
 * @property {RTCRtpTransceiver} [transceiver]
 *
 * @typedef {"offering" | "live" | "ended"} PublicationState
 */

/**
 * @param {string} publication
 * @param {string} kind
 * @returns {Source}
 */
function sourceOf(publication, kind) {
  if (publication === "screen") return kind === "video" ? "screen" : "screen-audio";
  return kind === "video" ? "camera" : "microphone";
}

/**
 * A stream that one sends: a peer connection with a transceiver for each of its tracks. Made by
 * Room.publish.
 * @extends {Emitter<{state: PublicationState}>}
 */
export class Publication extends Emitter {
  #options;
  #degradationPreference;
  /** @type {RTCPeerConnection | undefined} */ #pc;
  /** @type {LegWatch | undefined} */ #watch;
  /** @type {PublicationState} */ #state = "offering";
  /** @type {Promise<unknown>} negotiations run one after the other */ #busy = Promise.resolve();

  /**
   * @param {string} name
   * @param {MediaStream} stream
   * @param {VideoPlan} video
   * @param {import("./receiving_leg.js").LegOptions} options
   */
  constructor(name, stream, video, options) {
    super();
    this.name = name;
    this.stream = stream;
    this.#options = options;
    this.plan = planVideo(video);
    this.#degradationPreference = video.degradationPreference;
    /** @type {PublishedTrack[]} */
    this.tracks = stream.getTracks().map((media) => ({
      kind: /** @type {Kind} */ (media.kind),
      source: sourceOf(name, media.kind),
      media,
      muted: !media.enabled,
    }));
    if (this.tracks.length === 0)
      throw new MeetingError("nothing-to-publish", "the stream has no tracks");
  }

  get state() {
    return this.#state;
  }

  /** @returns {RTCPeerConnection | undefined} */
  get pc() {
    return this.#pc;
  }

  /**
   * @param {Kind} [kind]
   * @returns {boolean} whether all its tracks (of that kind) are muted
   */
  muted(kind) {
    return this.#of(kind).every((track) => track.muted);
  }

  /**
   * Nothing is sent any more, and the others are told.
   * @param {Kind} [kind] default: all
   */
  async mute(kind) {
    await this.#setMuted(this.#of(kind), true);
  }

  /** @param {Kind} [kind] */
  async unmute(kind) {
    await this.#setMuted(this.#of(kind), false);
  }

  /**
   * Sends another camera or microphone from now on; nothing is negotiated.
   * @param {MediaStreamTrack} media in place of the one of its kind
   */
  async replaceTrack(media) {
    const [track] = this.#of(/** @type {Kind} */ (media.kind));
    if (!track)
      throw new MeetingError("nothing-to-publish", `the publication has no ${media.kind}`);
    media.enabled = !track.muted;
    this.stream.removeTrack(track.media);
    this.stream.addTrack(media);
    track.media = media;
    await track.transceiver?.sender.replaceTrack(media);
  }

  /** @internal Offers it on a new peer connection. */
  negotiate() {
    return this.#serially(() => this.#publish());
  }

  /** @internal Restarts ICE; where the relay knows it no more, offers it anew. */
  restart() {
    return this.#serially(async () => {
      try {
        await this.#restartIce();
      } catch (error) {
        if (codeOf(error) !== "not-found") throw error;
        await this.#publish();
      }
    });
  }

  /** @internal The network is another one: restarts ICE now. */
  networkChanged() {
    this.#watch?.now();
  }

  /**
   * @internal The WebSocket is back: what got lost with the old one is made up for.
   * @param {TrackInfo[]} known one's own tracks, as the relay has them
   */
  resumed(known) {
    return this.#serially(async () => {
      if (this.#state === "ended") return;
      const there = known.filter((track) => track.publication === this.name);
      if (this.#state === "live" && there.length === this.tracks.length) {
        const different = this.tracks.filter(({ id, muted }) =>
          there.some((track) => track.id === id && track.muted !== muted),
        );
        await Promise.all(different.map((track) => this.#tell(track)));
        return;
      }
      if (there.length > 0)
        await this.#options.request({ type: "unpublish", publication: this.name });
      await this.#publish();
    });
  }

  /**
   * @internal Somebody else muted it, or let it speak again.
   * @param {string} id
   * @param {boolean} muted
   */
  async mutedByOther(id, muted) {
    const track = this.tracks.find((one) => one.id === id);
    if (track) await this.#apply(track, muted);
    return track;
  }

  /** @internal Nothing is sent any more. The stream's tracks are the application's to stop. */
  close() {
    this.#dropPeer();
    this.#setState("ended");
  }

  /** @param {Kind} [kind] */
  #of(kind) {
    return this.tracks.filter((track) => kind === undefined || track.kind === kind);
  }

  /** @param {PublicationState} state */
  #setState(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.emit("state", state);
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #serially(work) {
    const result = this.#busy.then(work);
    this.#busy = result.catch(() => {});
    return result;
  }

  /**
   * @param {PublishedTrack[]} tracks
   * @param {boolean} muted
   */
  async #setMuted(tracks, muted) {
    const changed = tracks.filter((track) => track.muted !== muted);
    await Promise.all(
      changed.map(async (track) => {
        await this.#apply(track, muted);
        await this.#tell(track);
      }),
    );
  }

  /**
   * A lost connection is no error: `resumed` tells it.
   * @param {PublishedTrack} track
   */
  async #tell({ id, muted }) {
    if (id === undefined) return;
    try {
      await this.#options.request({ type: "mute", track: id, muted });
    } catch (error) {
      if (codeOf(error) !== "connection-lost") throw error;
    }
  }

  /**
   * A muted video isn't even encoded: its encodings rest.
   * @param {PublishedTrack} track
   * @param {boolean} muted
   */
  async #apply(track, muted) {
    track.muted = muted;
    track.media.enabled = !muted;
    const sender = track.transceiver?.sender;
    if (track.kind !== "video" || !sender) return;
    const parameters = sender.getParameters();
    if (parameters.encodings.length === 0) return;
    for (const encoding of parameters.encodings) encoding.active = !muted;
    await sender.setParameters(parameters);
  }

  async #publish() {
    this.#dropPeer();
    this.#setState("offering");
    const pc = this.#create();
    try {
      for (const track of this.tracks.filter(({ kind }) => kind === "video")) {
        await this.#shape(track);
      }
      await pc.setLocalDescription();
      const answer = await this.#options.request({
        type: "publish",
        publication: this.name,
        sdp: pc.localDescription?.sdp,
        tracks: this.tracks.map((track) => this.#describe(track)),
      });
      await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      for (const { mid, id } of /** @type {{mid: string, id: string}[]} */ (answer.tracks)) {
        const track = this.tracks.find((one) => one.transceiver?.mid === mid);
        if (track) track.id = id;
      }
      await Promise.all(
        this.tracks.filter((one) => one.muted).map((one) => this.#apply(one, true)),
      );
      this.#setState("live");
    } catch (error) {
      if (this.#pc === pc) this.#dropPeer();
      throw error;
    }
  }

  /**
   * What the relay can't read in the offer.
   * @param {PublishedTrack} track
   */
  #describe({ kind, media, transceiver, source, muted }) {
    const height = kind === "video" ? media.getSettings().height : undefined;
    const scalability = kind === "video" ? this.plan.sendEncodings[0]?.scalabilityMode : undefined;
    return {
      mid: transceiver?.mid,
      source,
      muted,
      ...(height && { height }),
      ...(scalability && { scalability }),
    };
  }

  #create() {
    const { platform, iceServers, timing } = this.#options;
    const pc = (this.#pc = new platform.RTCPeerConnection({
      iceServers,
      bundlePolicy: "max-bundle",
    }));
    for (const track of this.tracks) {
      track.id = undefined;
      track.transceiver = pc.addTransceiver(track.media, {
        direction: "sendonly",
        streams: [this.stream],
        ...(track.kind === "video" && { sendEncodings: this.plan.sendEncodings }),
      });
    }
    this.#watch = new LegWatch(pc, () => this.restart(), timing);
    return pc;
  }

  /**
   * How its video is encoded, as far as encodings don't say it.
   * @param {PublishedTrack} track
   */
  async #shape({ transceiver }) {
    if (!transceiver) return;
    const { codecs } = this.#options.platform.RTCRtpSender.getCapabilities("video") ?? {
      codecs: [],
    };
    transceiver.setCodecPreferences(codecPreferences(codecs, this.plan.codec));
    if (!this.#degradationPreference) return;
    const parameters = /** @type {any} */ (transceiver.sender.getParameters());
    parameters.degradationPreference = this.#degradationPreference;
    await transceiver.sender.setParameters(parameters);
  }

  async #restartIce() {
    const pc = this.#pc;
    if (!pc || this.#state !== "live") return;
    // An offer whose answer got lost is taken back.
    if (pc.signalingState === "have-local-offer")
      await pc.setLocalDescription({ type: "rollback" });
    pc.restartIce();
    await pc.setLocalDescription();
    const answer = await this.#options.request({
      type: "restart",
      leg: this.name,
      sdp: pc.localDescription?.sdp,
    });
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  }

  #dropPeer() {
    this.#watch?.stop();
    this.#pc?.close();
    this.#pc = this.#watch = undefined;
    for (const track of this.tracks) track.id = track.transceiver = undefined;
  }
}
