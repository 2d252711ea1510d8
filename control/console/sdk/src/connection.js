import { MeetingError } from "./errors.js";
import { Emitter } from "./events.js";
import { SUBPROTOCOL } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */

/**
 * @typedef {object} Waiting a request without its answer
 * @property {(answer: any) => void} resolve
 * @property {(error: MeetingError) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

/**
 * @param {string} base of the relay: `https://node.example`, or `wss://…`
 * @param {string} room
 * @returns {string} where its meetings are joined
 */
export function meetingUrl(base, room) {
  const url = new URL(base);
  url.protocol = url.protocol.replace("http", "ws");
  url.pathname = `${url.pathname.replace(/\/$/, "")}/meet/${encodeURIComponent(room)}`;
  url.search = url.hash = "";
  return url.href;
}

/**
 * One WebSocket: requests with their answers, and what the relay says by itself. It is never
 * opened again: who wants another makes another.
 * @extends {Emitter<{message: Message, closed: {code: number, reason: string}}>}
 */
export class Connection extends Emitter {
  /** @type {WebSocket} */ #socket;
  #timeoutMs;
  #nextId = 1;
  /** @type {Map<number, Waiting>} */ #waiting = new Map();
  #closed = false;

  /**
   * @param {{url: string, WebSocket: typeof WebSocket, timeoutMs: number}} options
   * @returns {Promise<Connection>} when it is open
   */
  static async open({ url, WebSocket, timeoutMs }) {
    const socket = new WebSocket(url, SUBPROTOCOL);
    await new Promise((resolve, reject) => {
      const fail = () => {
        clearTimeout(timer);
        socket.close();
        reject(new MeetingError("connection-failed", `${url} can't be reached`));
      };
      const timer = setTimeout(fail, timeoutMs);
      socket.addEventListener("close", fail, { once: true });
      socket.addEventListener(
        "open",
        () => {
          clearTimeout(timer);
          socket.removeEventListener("close", fail);
          resolve(undefined);
        },
        { once: true },
      );
    });
    return new Connection(socket, timeoutMs);
  }

  /**
   * @param {WebSocket} socket that is open
   * @param {number} timeoutMs for an answer
   */
  constructor(socket, timeoutMs) {
    super();
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("close", (event) => this.#end(event.code, event.reason));
  }

  /**
   * @param {{type: string} & Record<string, unknown>} message without `id`
   * @param {number} [timeoutMs]
   * @returns {Promise<any>} the answer; or the relay's error, `timeout`, `connection-lost`
   */
  request(message, timeoutMs = this.#timeoutMs) {
    if (this.#closed) {
      return Promise.reject(new MeetingError("connection-lost", "the connection has ended"));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new MeetingError("timeout", `no answer to ${message.type}`));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }

  /**
   * Ends it. What still waits is rejected.
   * @param {number} [code]
   */
  close(code = 1000) {
    this.#socket.close(code);
    this.#end(code, "");
  }

  /** @param {string} text */
  #receive(text) {
    if (this.#closed) return;
    /** @type {any} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.close(4000);
    }
    const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (!waiting) return this.emit("message", message);
    clearTimeout(waiting.timer);
    this.#waiting.delete(message.id);
    if (message.type === "error") {
      waiting.reject(new MeetingError(message.code, message.detail, message.hint));
    } else {
      waiting.resolve(message);
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new MeetingError("connection-lost", "the connection ended before the answer"));
    }
    this.#waiting.clear();
    this.emit("closed", { code, reason });
  }
}
