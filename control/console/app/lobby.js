import { decodable } from "../sdk/src/encodings.js";
import { byId, make, say } from "./element.js";
import { codecChoices, modeChoices } from "./modes.js";
import {
  camerasAllowed,
  cameraStream,
  microphoneStream,
  patternStream,
  screenStream,
} from "./sources.js";

/**
 * @typedef {object} Wanted what somebody wants to join with
 * @property {string} room
 * @property {string} name
 * @property {"camera" | "microphone" | "screen" | "pattern" | "none"} source
 * @property {string} codec
 * @property {string} mode
 * @property {number} height
 *
 * @typedef {object} Source
 * @property {MediaStream | undefined} stream
 * @property {() => void} stop
 */

const REMEMBERED = "strata.lobby";

/**
 * What a browser says when it doesn't give a device.
 * @type {Record<string, string>}
 */
const REFUSALS = {
  NotAllowedError: "The browser wasn't allowed to use it. Its address bar has the switch.",
  NotFoundError: "There is no such device on this computer.",
  NotReadableError: "Another program is using it.",
};

/** The form that one joins with, and the picture that one will send. */
export class Lobby {
  #root = byId("lobby");
  /** @type {HTMLFormElement} */ #form = byId("join-form");
  /** @type {Source | undefined} */ #preview;
  /** Which of several requests for a preview is the last. */
  #asked = 0;

  /** @param {(wanted: Wanted) => Promise<void>} onJoin a rejection is shown */
  constructor(onJoin) {
    const able = decodable(RTCRtpSender.getCapabilities("video")?.codecs ?? []);
    this.#fill("codec", codecChoices(able));
    this.#fillModes();
    this.#form.addEventListener("change", ({ target }) => {
      const { name } = /** @type {HTMLInputElement} */ (target);
      if (name === "codec") this.#fillModes();
      if (name === "source" || name === "height") void this.#showPreview();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#join(onJoin);
    });
  }

  /**
   * @param {string} room empty: it has to be typed
   * @param {Record<string, string>} settings of the link; they go before those of the last time
   * @param {string} [error] why one is here again
   */
  open(room, settings, error = "") {
    this.#root.hidden = false;
    const before = JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}");
    const fallback = camerasAllowed() ? {} : { source: "pattern" };
    for (const [name, value] of Object.entries({
      ...before,
      ...fallback,
      ...settings,
      ...(room && { room }),
    })) {
      this.#set(name, value);
      if (name === "codec") this.#fillModes();
    }
    this.#set("mode", settings.mode ?? before.mode ?? "");
    byId("room-field").hidden = room !== "";
    say(byId("lobby-title"), room ? `Join “${room}”` : "Join a meeting");
    this.#complain(error);
    void this.#showPreview();
    this.#field("name").focus();
  }

  /** Joins with what the form says, as if its button had been pressed. */
  submit() {
    this.#form.requestSubmit();
  }

  close() {
    this.#root.hidden = true;
    this.#stopPreview();
  }

  /** @returns {Promise<Source>} what is previewed already, else what the form asks for */
  async takeSource() {
    const wanted = this.#wanted();
    const source = this.#preview ?? (await this.#open(wanted));
    this.#preview = undefined;
    ++this.#asked;
    byId("preview-video").srcObject = null;
    return source;
  }

  /** @param {(wanted: Wanted) => Promise<void>} onJoin */
  async #join(onJoin) {
    /** @type {HTMLButtonElement} */
    const button = byId("join-button");
    const { room, ...remembered } = this.#wanted();
    localStorage.setItem(REMEMBERED, JSON.stringify(remembered));
    button.disabled = true;
    say(button, "Joining…");
    this.#complain("");
    try {
      await onJoin({ room, ...remembered });
    } catch (error) {
      this.#complain(refusal(error));
    } finally {
      button.disabled = false;
      say(button, "Join");
    }
  }

  /** @param {string} error */
  #complain(error) {
    const element = byId("lobby-error");
    element.hidden = error === "";
    say(element, error);
  }

  /** @returns {Wanted} */
  #wanted() {
    const value = (/** @type {string} */ name) => this.#field(name).value.trim();
    return {
      room: value("room"),
      name: value("name"),
      source: /** @type {Wanted["source"]} */ (value("source")),
      codec: value("codec"),
      mode: value("mode"),
      height: Number(value("height")),
    };
  }

  /**
   * @param {string} name
   * @returns {HTMLInputElement | HTMLSelectElement}
   */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  /**
   * A choice that isn't offered is left as it is.
   * @param {string} name
   * @param {string} value
   */
  #set(name, value) {
    const field = this.#field(name);
    const offered =
      !(field instanceof HTMLSelectElement) ||
      [...field.options].some((option) => option.value === value);
    if (field && offered) field.value = value;
  }

  /**
   * @param {string} name
   * @param {[string, string][]} choices
   */
  #fill(name, choices) {
    this.#field(name).replaceChildren(
      ...choices.map(([value, text]) => make("option", { value }, text)),
    );
  }

  #fillModes() {
    this.#fill("mode", modeChoices(this.#field("codec").value));
  }

  /**
   * @param {Wanted} wanted
   * @returns {Promise<Source>}
   */
  async #open({ source, height }) {
    if (source === "none") return { stream: undefined, stop() {} };
    if (source === "pattern")
      return patternStream(height, () => this.#field("name").value || "Test pattern");
    const stream = await (source === "camera"
      ? cameraStream(height)
      : source === "microphone"
        ? microphoneStream()
        : screenStream());
    return { stream, stop: () => stream.getTracks().forEach((track) => track.stop()) };
  }

  /** A camera or test pattern is shown before one joins; a screen is asked for when one does. */
  async #showPreview() {
    this.#stopPreview();
    const asked = ++this.#asked;
    const wanted = this.#wanted();
    const shown = wanted.source === "camera" || wanted.source === "pattern";
    this.#note(shown ? "Nothing is sent before you join." : NOTES[wanted.source]);
    if (!shown) return;
    if (wanted.source === "camera" && !camerasAllowed()) return this.#note(NOTES.insecure);
    try {
      const source = await this.#open(wanted);
      if (asked !== this.#asked) return source.stop();
      this.#preview = source;
      const video = byId("preview-video");
      video.srcObject = source.stream;
      video.classList.toggle("mirrored", wanted.source === "camera");
      byId("preview").classList.add("live");
    } catch (error) {
      if (asked === this.#asked) this.#note(refusal(error));
    }
  }

  #stopPreview() {
    this.#preview?.stop();
    this.#preview = undefined;
    byId("preview-video").srcObject = null;
    byId("preview").classList.remove("live");
  }

  /** @param {string} text */
  #note(text) {
    say(byId("preview-note"), text);
  }
}

/** @type {Record<string, string>} */
const NOTES = {
  none: "You will only watch.",
  microphone: "You will be heard, not seen.",
  screen: "The browser asks which screen when you join.",
  insecure:
    "Browsers give cameras only to pages that come by HTTPS. A test pattern works everywhere.",
};

/** @type {Record<string, string>} */
const ANSWERS = {
  unauthorized: "This link doesn't let you in: its token is missing, wrong or too old.",
  forbidden: "This link doesn't let you do that here.",
  "not-found": "There is no such room.",
  "connection-failed": "The relay can't be reached.",
};

/**
 * @param {any} error
 * @returns {string} for people
 */
function refusal(error) {
  const [head, detail] = [
    ANSWERS[error.code] ?? REFUSALS[error.name],
    error.detail ?? error.message ?? String(error),
  ];
  if (!head) return detail;
  return error.code && detail ? `${head} (${detail})` : head;
}
