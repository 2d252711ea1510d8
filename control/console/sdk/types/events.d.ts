/**
 * An event that carries in `detail` what it is about.
 * @template T
 */
export class MeetingEvent<T> extends Event {
    /**
     * @param {string} type
     * @param {T} detail
     */
    constructor(type: string, detail: T);
    detail: T;
}
/**
 * An EventTarget that knows the types of its events.
 * @template {Record<string, any>} Events name of the event → its detail
 */
export class Emitter<Events extends Record<string, any>> extends EventTarget {
    constructor();
    /**
     * Adds a listener, as addEventListener does.
     * @template {keyof Events & string} K
     * @param {K} type
     * @param {(event: MeetingEvent<Events[K]>) => void} listener
     * @returns {() => void} takes the listener away again
     */
    on<K extends keyof Events & string>(type: K, listener: (event: MeetingEvent<Events[K]>) => void): () => void;
    /**
     * @template {keyof Events & string} K
     * @param {K} type
     * @param {Events[K]} detail
     */
    emit<K_1 extends keyof Events & string>(type: K_1, detail: Events[K_1]): void;
}
