import { backoffMs } from "./backoff.js";

/**
 * @typedef {object} LegTiming milliseconds
 * @property {number} graceMs how long a leg may be disconnected before ICE is restarted
 * @property {number} firstMs between two restarts, the first time
 * @property {number} mostMs between two restarts, at most
 */

/**
 * Watches a peer connection and restarts its ICE when it has failed, or has been disconnected
 * for a while, and again until it is connected.
 */
export class LegWatch {
  #pc;
  #restart;
  #timing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #attempts = 0;
  #stopped = false;

  /**
   * @param {RTCPeerConnection} pc
   * @param {() => Promise<unknown>} restart a rejection means that it has to be tried again
   * @param {LegTiming} timing
   */
  constructor(pc, restart, timing) {
    this.#pc = pc;
    this.#restart = restart;
    this.#timing = timing;
    pc.addEventListener("connectionstatechange", () => this.#changed());
  }

  /** Restarts now: somebody knows that the network has changed. */
  now() {
    if (!this.#stopped) this.#arm(0);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #changed() {
    if (this.#stopped) return;
    const state = this.#pc.connectionState;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#attempts = 0;
    } else if (state === "failed") {
      this.#arm(this.#attempts === 0 ? 0 : backoffMs(this.#attempts - 1, this.#timing));
    } else if (state === "disconnected" && this.#timer === undefined) {
      this.#arm(this.#timing.graceMs);
    }
  }

  /** @param {number} ms */
  #arm(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fire(), ms);
  }

  async #fire() {
    this.#timer = undefined;
    const again = backoffMs(this.#attempts++, this.#timing);
    const asked = await this.#restart().then(
      () => true,
      () => false,
    );
    const connected = this.#pc.connectionState === "connected";
    if (!this.#stopped && this.#timer === undefined && !(asked && connected)) this.#arm(again);
  }
}
