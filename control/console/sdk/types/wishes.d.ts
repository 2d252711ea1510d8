/**
 * @typedef {import("./protocol.js").SlotWish} SlotWish
 * @typedef {{pins?: string[], slots?: Record<string, SlotWish>}} View
 */
/** What one wants to see, kept so that a relay that forgot it can be told again. */
export class Wishes {
    /** @type {string[]} */ pins: string[];
    /**
     * Takes a change over: what it doesn't name stays.
     * @param {View} view
     */
    change({ pins, slots }: View): void;
    /**
     * @param {string} mid
     * @returns {SlotWish}
     */
    of(mid: string): SlotWish;
    /**
     * @param {(pin: string) => boolean} exists whether there is such a member or track
     * @returns {View | undefined} everything that is wanted; undefined where there is nothing to say
     */
    all(exists: (pin: string) => boolean): View | undefined;
    #private;
}
export type SlotWish = import("./protocol.js").SlotWish;
export type View = {
    pins?: string[];
    slots?: Record<string, SlotWish>;
};
