import { backoffMs } from "./backoff.js";
import { Connection, meetingUrl } from "./connection.js";
import { MeetingError, codeOf } from "./errors.js";
import { Emitter } from "./events.js";

/**
 * @typedef {import("./protocol.js").Joined} Joined
 * @typedef {import("./protocol.js").Message} Message
 *
 * @typedef {object} SessionOptions
 * @property {string} url
 * @property {string} room
 * @property {Record<string, unknown>} join what `join` always says
 * @property {Record<string, unknown>} fresh what it says besides without `resume`
 * @property {import("./platform.js").Platform} platform
 * @property {import("./platform.js").Timing} timing
 *
 * @typedef {"joining" | "connected" | "reconnecting" | "closed"} SessionState
 *
 * @typedef {object} SessionEvents
 * @property {{joined: Joined, resumed: boolean}} joined
 * @property {Message} message
 * @property {SessionState} state
 * @property {{code: string, detail: string}} closed for good
 */

/** Answers to `join` after which there is no point in asking again. */
const FINAL_CODES = new Set([
  "unauthorized",
  "forbidden",
  "not-found",
  "invalid-field",
  "missing-field",
  "unknown-field",
]);

/**
 * One's place in a room, over however many WebSockets it takes: when one is lost the next takes
 * the same place again (`resume`), or a new one where the old is gone.
 * @extends {Emitter<SessionEvents>}
 */
export class Session extends Emitter {
  #options;
  /** @type {Connection | undefined} */ #connection;
  /** @type {string | undefined} */ #resume;
  /** @type {SessionState} */ #state = "joining";
  /**
   * Why the relay is about to close.
   * @type {{code: string, detail: string} | undefined}
   */
  #closing;
  /** @type {() => void} ends the wait before the next attempt */ #wake = () => {};

  /** @param {SessionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  get state() {
    return this.#state;
  }

  /** Joins for the first time. Rejects where that is refused or nobody answers. */
  async enter() {
    try {
      await this.#connect();
    } catch (error) {
      this.#connection?.close();
      this.#setState("closed");
      throw error;
    }
  }

  /**
   * @param {{type: string} & Record<string, unknown>} message
   * @param {number} [timeoutMs]
   * @returns {Promise<any>} the answer; `connection-lost` at once while there is no connection
   */
  request(message, timeoutMs) {
    if (this.#state === "connected" && this.#connection)
      return this.#connection.request(message, timeoutMs);
    const [code, why] =
      this.#state === "closed"
        ? ["left", "the meeting was left"]
        : ["connection-lost", "there is no connection now"];
    return Promise.reject(new MeetingError(code, why));
  }

  /** The network may be another one: tries at once, or sees whether the connection still lives. */
  async networkChanged() {
    this.#wake();
    if (this.#state !== "connected") return;
    const connection = this.#connection;
    try {
      await connection?.request({ type: "view" }, this.#options.timing.checkMs);
    } catch (error) {
      if (codeOf(error) === "timeout") connection?.close(4001);
    }
  }

  /** Leaves for good. Says so as long as there is a connection. */
  async leave() {
    if (this.#state === "closed") return;
    const said = this.request({ type: "leave" }, this.#options.timing.checkMs).catch(() => {});
    this.#finish({ code: "left", detail: "left" });
    this.#wake();
    await said;
    this.#connection?.close();
  }

  /** @param {SessionState} state */
  #setState(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.emit("state", state);
  }

  /**
   * One attempt, on a connection of its own.
   * @param {string} [resume]
   */
  async #connect(resume) {
    const { url, room, join, fresh, platform, timing } = this.#options;
    const connection = await Connection.open({
      url: meetingUrl(url, room),
      WebSocket: platform.WebSocket,
      timeoutMs: timing.answerMs,
    });
    if (this.#state === "closed") return connection.close();
    this.#connection = connection;
    this.#closing = undefined;
    let entered = false;
    connection.on("message", ({ detail }) => this.#receive(detail));
    connection.on("closed", () => {
      if (entered) this.#lost();
    });
    const joined = await connection.request({
      type: "join",
      ...join,
      ...(resume ? { resume } : fresh),
    });
    if (this.#stateIs("closed")) return connection.close();
    entered = true;
    this.#resume = joined.resume;
    this.#state = "connected";
    this.emit("joined", { joined, resumed: resume !== undefined });
    this.emit("state", "connected");
  }

  /**
   * The state as it is after an await.
   * @param {SessionState} state
   */
  #stateIs(state) {
    return this.#state === state;
  }

  /** @param {Message & Record<string, any>} message */
  #receive(message) {
    if (message.type === "closing") {
      this.#closing = { code: message.code, detail: message.detail };
    } else if (this.#state !== "closed") {
      this.emit("message", message);
    }
  }

  #lost() {
    if (this.#state === "closed") return;
    if (this.#closing && this.#closing.code !== "draining") return this.#finish(this.#closing);
    this.#setState("reconnecting");
    void this.#comeBack();
  }

  async #comeBack() {
    const { timing } = this.#options;
    const began = Date.now();
    for (let attempt = 0; this.#stateIs("reconnecting"); ++attempt) {
      await this.#pause(backoffMs(attempt, timing));
      if (!this.#stateIs("reconnecting")) return;
      try {
        return await this.#connect(this.#resume);
      } catch (error) {
        this.#connection?.close();
        const code = codeOf(error);
        if (code === "precondition-failed") this.#resume = undefined;
        const final = FINAL_CODES.has(code) || Date.now() - began > timing.giveUpMs;
        if (final) return this.#finish({ code, detail: String(error) });
      }
    }
  }

  /** @param {number} ms */
  async #pause(ms) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms, undefined);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.#wake = () => {};
  }

  /**
   * @param {{code: string, detail: string}} why
   */
  #finish(why) {
    this.#setState("closed");
    this.emit("closed", why);
  }
}
