/**
 * An event that carries in `detail` what it is about.
 * @template T
 */
export class MeetingEvent extends Event {
  /**
   * @param {string} type
   * @param {T} detail
   */
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

/**
 * An EventTarget that knows the types of its events.
 * @template {Record<string, any>} Events name of the event → its detail
 */
export class Emitter extends EventTarget {
  /**
   * Adds a listener, as addEventListener does.
   * @template {keyof Events & string} K
   * @param {K} type
   * @param {(event: MeetingEvent<Events[K]>) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(type, listener) {
    const plain = /** @type {(event: Event) => void} */ (/** @type {unknown} */ (listener));
    this.addEventListener(type, plain);
    return () => this.removeEventListener(type, plain);
  }

  /**
   * @template {keyof Events & string} K
   * @param {K} type
   * @param {Events[K]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new MeetingEvent(type, detail));
  }
}
