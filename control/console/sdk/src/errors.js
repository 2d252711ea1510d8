/**
 * Why something was refused or failed. `code` is one of the relay's problem codes, or of the
 * client's own: `connection-failed` (the WebSocket couldn't be opened), `connection-lost` (it
 * ended before the answer), `timeout` (no answer in time), `left` (the room was left),
 * `bad-message` (the relay said something that can't be), `codec-unsupported` (this browser
 * can't send it), `nothing-to-publish`.
 */
export class MeetingError extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   * @param {string} [hint] what would help
   */
  constructor(code, detail, hint = "") {
    super(hint ? `${detail} (${hint})` : detail);
    this.name = "MeetingError";
    this.code = code;
    this.detail = detail;
    this.hint = hint;
  }
}

/**
 * @param {unknown} error
 * @returns {string} its code; `internal` for what isn't a MeetingError
 */
export function codeOf(error) {
  return error instanceof MeetingError ? error.code : "internal";
}
