/** Sound is taken for speech from this level on; 0 to 1. */
const SPEECH_LEVEL = 0.01;

/** What the audio slots carry, played; and who is speaking. */
export class Speakers {
  #container;
  #onBlocked;
  /** @type {Map<string, HTMLAudioElement>} by mid */ #elements = new Map();

  /**
   * @param {HTMLElement} container
   * @param {() => void} onBlocked the browser lets nothing sound before somebody clicks
   */
  constructor(container, onBlocked) {
    this.#container = container;
    this.#onBlocked = onBlocked;
  }

  /** @param {import("../sdk/src/slot.js").Slot} slot of sound */
  update({ mid, media }) {
    const element = this.#elements.get(mid) ?? document.createElement("audio");
    if (!this.#elements.has(mid)) {
      this.#elements.set(mid, element);
      this.#container.append(element);
    }
    const playing = /** @type {MediaStream | null} */ (element.srcObject)?.getTracks()[0];
    if (playing === media) return;
    element.srcObject = media ? new MediaStream([media]) : null;
    if (media) this.#play(element);
  }

  /** After a click. */
  playAll() {
    for (const element of this.#elements.values()) this.#play(element);
  }

  /** @param {HTMLAudioElement} element */
  #play(element) {
    element.play().catch((error) => {
      if (error.name === "NotAllowedError") this.#onBlocked();
    });
  }

  close() {
    this.#container.replaceChildren();
    this.#elements.clear();
  }
}

/**
 * @param {import("../sdk/src/statistics.js").SlotStatistics[]} statistics
 * @param {Map<string, import("../sdk/src/slot.js").Slot>} slots
 * @returns {Set<string>} ids of members whose sound is loud enough
 */
export function speaking(statistics, slots) {
  return new Set(
    statistics
      .filter(({ audioLevel }) => audioLevel >= SPEECH_LEVEL)
      .map(({ mid }) => slots.get(mid)?.member ?? ""),
  );
}
