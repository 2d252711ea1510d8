/**
 * @param {number} width of the element, CSS pixels
 * @param {number} height
 * @param {number} aspect width by height of the picture in it, fitted whole (`object-fit: contain`)
 * @param {number} ratio device pixels in a CSS pixel
 * @returns {number} the picture's height in device pixels
 */
export function shownHeight(width: number, height: number, aspect: number, ratio: number): number;
/**
 * Tells the relay how large each video is shown, so that it sends no larger layer than that; and
 * that what isn't shown at all is paused. Changes are gathered for a moment, so that dragging a
 * window's edge isn't a message per pixel.
 */
export class SizeWatcher {
    /**
     * @param {Viewer} room
     * @param {{settleMs?: number}} [options]
     */
    constructor(room: Viewer, options?: {
        settleMs?: number | undefined;
    } | undefined);
    /**
     * @param {string} mid of a video slot
     * @param {HTMLElement} element that shows it
     */
    observe(mid: string, element: HTMLElement): void;
    /** @param {string} mid that is shown nowhere any more */
    unobserve(mid: string): void;
    /**
     * Says everything again at the next occasion: the slot was chosen by hand meanwhile.
     * @param {string} mid
     */
    forget(mid: string): void;
    disconnect(): void;
    #private;
}
export type View = import("./wishes.js").View;
/**
 * a Room
 */
export type Viewer = {
    view: (view: View) => Promise<unknown>;
};
