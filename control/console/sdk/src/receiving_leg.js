import { MeetingError } from "./errors.js";
import { LegWatch } from "./leg_watch.js";

/**
 * @typedef {object} LegOptions
 * @property {import("./platform.js").Platform} platform
 * @property {RTCIceServer[]} iceServers
 * @property {import("./leg_watch.js").LegTiming} timing
 * @property {(message: {type: string} & Record<string, unknown>) => Promise<any>} request
 *
 * @typedef {LegOptions & {
 *   onTrack: (mid: string, track: MediaStreamTrack, stream: string | undefined) => void,
 *   onState: (state: RTCPeerConnectionState) => void,
 *   onError: (error: unknown) => void}} ReceivingLegOptions
 */

/** The peer connection that all slots arrive by. The relay offers, this answers. */
export class ReceivingLeg {
  #options;
  /** @type {RTCPeerConnection | undefined} */ #pc;
  /** @type {LegWatch | undefined} */ #watch;
  #generation = -Infinity;
  #answered = false;
  #closed = false;
  /** @type {Promise<unknown>} offers are answered one after the other */ #busy = Promise.resolve();

  /** @param {ReceivingLegOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {RTCPeerConnection | undefined} */
  get pc() {
    return this.#pc;
  }

  /**
   * Answers it. The generation that is there already: an ICE restart; a later one: a new peer
   * connection. An earlier one is left alone.
   * @param {{sdp: string, generation: number}} offer
   */
  offer({ sdp, generation }) {
    this.#busy = this.#busy.then(async () => {
      if (this.#closed || generation < this.#generation) return;
      if (generation > this.#generation) this.#drop();
      this.#generation = generation;
      try {
        await this.#answer(sdp);
        this.#answered = true;
      } catch (error) {
        this.#options.onError(error);
      }
    });
    return this.#busy;
  }

  /** The relay's side has ended: another is asked for. */
  async ended() {
    this.#drop();
    await this.restart();
  }

  /** Asks for an offer with new ICE credentials. */
  async restart() {
    await this.#options.request({ type: "restart", leg: "receive" });
  }

  /** The WebSocket is back. What got lost with the old one is asked for again. */
  async resumed() {
    await this.#busy;
    if (!this.#answered) await this.restart();
  }

  /** Restarts ICE now. */
  networkChanged() {
    this.#watch?.now();
  }

  close() {
    this.#closed = true;
    this.#drop();
  }

  #drop() {
    this.#watch?.stop();
    this.#pc?.close();
    this.#pc = this.#watch = undefined;
    this.#answered = false;
  }

  /** @param {string} sdp */
  async #answer(sdp) {
    this.#answered = false;
    const pc = this.#pc ?? this.#create();
    await pc.setRemoteDescription({ type: "offer", sdp });
    await pc.setLocalDescription();
    const answer = pc.localDescription?.sdp;
    if (!answer) throw new MeetingError("bad-message", "the relay's offer can't be answered");
    await this.#options.request({ type: "answer", sdp: answer });
  }

  #create() {
    const { platform, iceServers, timing, onTrack, onState } = this.#options;
    const pc = new platform.RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    pc.addEventListener("track", ({ transceiver, track, streams }) => {
      if (transceiver.mid !== null) onTrack(transceiver.mid, track, streams[0]?.id);
    });
    pc.addEventListener("connectionstatechange", () => onState(pc.connectionState));
    this.#pc = pc;
    this.#watch = new LegWatch(pc, () => this.restart(), timing);
    return pc;
  }
}
