/**
 * @typedef {import("./protocol.js").SlotWish} SlotWish
 * @typedef {{pins?: string[], slots?: Record<string, SlotWish>}} View
 */

/** What one wants to see, kept so that a relay that forgot it can be told again. */
export class Wishes {
  /** @type {string[]} */ pins = [];
  /** @type {Map<string, SlotWish>} by mid */ #slots = new Map();

  /**
   * Takes a change over: what it doesn't name stays.
   * @param {View} view
   */
  change({ pins, slots = {} }) {
    if (pins) this.pins = [...pins];
    for (const [mid, wish] of Object.entries(slots)) {
      const merged = { ...this.#slots.get(mid), ...wish };
      if (merged.layers === "auto") delete merged.layers;
      this.#slots.set(mid, merged);
    }
  }

  /**
   * @param {string} mid
   * @returns {SlotWish}
   */
  of(mid) {
    return { ...this.#slots.get(mid) };
  }

  /**
   * @param {(pin: string) => boolean} exists whether there is such a member or track
   * @returns {View | undefined} everything that is wanted; undefined where there is nothing to say
   */
  all(exists) {
    const pins = this.pins.filter(exists);
    const wanted = [...this.#slots].filter(([, wish]) => Object.keys(wish).length > 0);
    /** @type {View} */
    const view = {};
    if (pins.length > 0) view.pins = pins;
    if (wanted.length > 0) view.slots = Object.fromEntries(wanted);
    return Object.keys(view).length > 0 ? view : undefined;
  }
}
