import { dress, make, say } from "./element.js";
import { icon } from "./icons.js";

/** Colours of those without a picture; which of them depends on the name. */
const COLOURS = 6;

/**
 * @param {string} name
 * @returns {string} at most two letters
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  return (
    words
      .slice(0, 2)
      .map((word) => [...word][0].toUpperCase())
      .join("") || "?"
  );
}

/**
 * @param {string} text
 * @returns {number} the same for the same text
 */
function colourOf(text) {
  let sum = 0;
  for (const character of text)
    sum = (sum * 31 + /** @type {number} */ (character.codePointAt(0))) % 9973;
  return sum % COLOURS;
}

/** One person's picture on the stage, or the name where there is no picture. */
export class Tile {
  /** @type {HTMLVideoElement} */ video;
  #name = make("span", { class: "name" });
  #muted = make(
    "span",
    { class: "muted-mark", hidden: true, role: "img", "aria-label": "microphone is off" },
    icon("mic", true),
  );
  #initials = make("span", { class: "initials", "aria-hidden": "true" });
  #figures = make("span", { class: "tile-figures", hidden: true });
  #tools = make("div", { class: "tile-tools" });

  /** @param {{own?: boolean}} [options] */
  constructor(options = {}) {
    this.video = make("video", { muted: true, autoplay: true, playsInline: true, hidden: true });
    this.element = make(
      "article",
      { class: options.own ? "tile own" : "tile" },
      this.#initials,
      this.video,
      make("div", { class: "label" }, this.#muted, this.#name),
      this.#figures,
      this.#tools,
    );
  }

  /**
   * @param {{name: string, muted: boolean, mirrored?: boolean}} who
   */
  show({ name, muted, mirrored = false }) {
    say(this.#name, name);
    say(this.#initials, initials(name));
    this.#muted.hidden = !muted;
    this.element.setAttribute("aria-label", name);
    this.element.dataset.colour = String(colourOf(name));
    this.video.classList.toggle("mirrored", mirrored);
  }

  /** @param {MediaStreamTrack | undefined} media */
  play(media) {
    const playing = /** @type {MediaStream | null} */ (this.video.srcObject)?.getTracks()[0];
    if (playing !== media) this.video.srcObject = media ? new MediaStream([media]) : null;
  }

  /** @param {boolean} visible whether there is a picture to be seen */
  set picture(visible) {
    if (this.video.hidden === !visible) return;
    this.video.hidden = !visible;
    if (visible) this.video.play().catch(() => {}); // it plays by itself as soon as it may
  }

  /** @param {boolean} speaking */
  set speaking(speaking) {
    this.element.classList.toggle("speaking", speaking);
  }

  /** @param {string} text empty: none */
  set figures(text) {
    this.#figures.hidden = text === "";
    say(this.#figures, text);
  }

  /** @param {import("./layout.js").Rect} rect */
  place({ x, y, width, height }) {
    const { style } = this.element;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    this.element.classList.toggle("small", width < 220);
    this.element.classList.toggle("tiny", width < 165);
  }

  /** @param {...Node} tools buttons and choices at its top */
  addTools(...tools) {
    this.#tools.append(...tools);
  }

  remove() {
    this.video.srcObject = null;
    this.element.remove();
  }
}

/** A tile of a video slot: it can be pinned, and its layers be chosen. */
export class SlotTile extends Tile {
  #pin = make("button", { type: "button", class: "plain" });
  #layers = make("select", { class: "layers", "aria-label": "Layers" });
  /** @type {string} of the choices that are shown */ #choices = "";

  /**
   * @param {{onPin: () => void, onLayers: (layers: string) => void}} actions
   */
  constructor({ onPin, onLayers }) {
    super();
    this.#pin.addEventListener("click", onPin);
    this.#layers.addEventListener("change", () => onLayers(this.#layers.value));
    this.addTools(this.#layers, this.#pin);
  }

  /** @param {boolean} pinned */
  set pinned(pinned) {
    dress(this.#pin, "pin", pinned ? "Unpin" : "Pin", { pressed: pinned });
  }

  /**
   * @param {string[]} layers that the track has, highest last
   * @param {string} chosen `auto`, or one of them
   */
  offer(layers, chosen) {
    const choices = ["auto", ...[...layers].reverse()];
    if (this.#choices !== choices.join()) {
      this.#choices = choices.join();
      this.#layers.replaceChildren(
        ...choices.map((value) => make("option", { value }, value === "auto" ? "Auto" : value)),
      );
    }
    this.#layers.value = choices.includes(chosen) ? chosen : "auto";
  }
}
