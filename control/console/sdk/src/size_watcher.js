/**
 * @typedef {import("./wishes.js").View} View
 * @typedef {{view: (view: View) => Promise<unknown>}} Viewer a Room
 */

/** A picture is taken to be so wide for its height until it is known. */
const USUAL_ASPECT = 16 / 9;

/**
 * @param {number} width of the element, CSS pixels
 * @param {number} height
 * @param {number} aspect width by height of the picture in it, fitted whole (`object-fit: contain`)
 * @param {number} ratio device pixels in a CSS pixel
 * @returns {number} the picture's height in device pixels
 */
export function shownHeight(width, height, aspect, ratio) {
  return Math.round(Math.min(height, width / aspect) * ratio);
}

/**
 * Tells the relay how large each video is shown, so that it sends no larger layer than that; and
 * that what isn't shown at all is paused. Changes are gathered for a moment, so that dragging a
 * window's edge isn't a message per pixel.
 */
export class SizeWatcher {
  #room;
  #settleMs;
  /** @type {Map<string, HTMLElement>} */ #elements = new Map();
  /** @type {Map<string, string>} what was said of each, as text */ #said = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #observer;
  #changed = () => this.#soon();

  /**
   * @param {Viewer} room
   * @param {{settleMs?: number}} [options]
   */
  constructor(room, options = {}) {
    this.#room = room;
    this.#settleMs = options.settleMs ?? 250;
    this.#observer = new ResizeObserver(this.#changed);
    document.addEventListener("visibilitychange", this.#changed);
  }

  /**
   * @param {string} mid of a video slot
   * @param {HTMLElement} element that shows it
   */
  observe(mid, element) {
    this.unobserve(mid);
    this.#elements.set(mid, element);
    this.#observer.observe(element);
    element.addEventListener("resize", this.#changed); // of a video: the picture's own size
  }

  /** @param {string} mid that is shown nowhere any more */
  unobserve(mid) {
    const element = this.#elements.get(mid);
    if (!element) return;
    this.#elements.delete(mid);
    this.#observer.unobserve(element);
    element.removeEventListener("resize", this.#changed);
  }

  /**
   * Says everything again at the next occasion: the slot was chosen by hand meanwhile.
   * @param {string} mid
   */
  forget(mid) {
    this.#said.delete(mid);
    this.#soon();
  }

  disconnect() {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#changed);
    for (const mid of [...this.#elements.keys()]) this.unobserve(mid);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(), this.#settleMs);
  }

  #say() {
    /** @type {NonNullable<View["slots"]>} */
    const slots = {};
    for (const [mid, element] of this.#elements) {
      const wish = this.#wishOf(element);
      const text = JSON.stringify(wish);
      if (this.#said.get(mid) === text) continue;
      this.#said.set(mid, text);
      slots[mid] = wish;
    }
    if (Object.keys(slots).length === 0) return;
    this.#room.view({ slots }).catch(() => {
      for (const mid of Object.keys(slots)) this.#said.delete(mid);
    });
  }

  /** @param {HTMLElement} element */
  #wishOf(element) {
    const { videoWidth = 0, videoHeight = 0 } = /** @type {Partial<HTMLVideoElement>} */ (element);
    const aspect = videoWidth && videoHeight ? videoWidth / videoHeight : USUAL_ASPECT;
    const { clientWidth, clientHeight } = element;
    const height = shownHeight(clientWidth, clientHeight, aspect, devicePixelRatio);
    return document.hidden || height === 0 ? { paused: true } : { height, paused: false };
  }
}
