import { byId, dress } from "./element.js";

const TABS = ["people", "figures"];

/** The side panel and its tabs. */
export class Panel {
  #root = byId("panel");
  #onChange;

  /** @param {() => void} onChange opened, closed, or another tab */
  constructor(onChange) {
    this.#onChange = onChange;
    dress(byId("close-panel"), "close", "Close details");
    byId("close-panel").onclick = () => this.close();
    for (const name of TABS) {
      byId(`tab-${name}`).onclick = () => this.open(name);
      byId(`${name}-button`).onclick = () => (this.shows(name) ? this.close() : this.open(name));
      byId(`tab-${name}`).onkeydown = (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = TABS[1 - TABS.indexOf(name)];
        this.open(other);
        byId(`tab-${other}`).focus();
      };
    }
    this.#root.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") this.close();
    };
    this.close();
  }

  /**
   * @param {string} name
   * @returns {boolean}
   */
  shows(name) {
    return !this.#root.hidden && !byId(name).hidden;
  }

  /** @param {string} name of a tab */
  open(name) {
    this.#root.hidden = false;
    for (const one of TABS) {
      byId(one).hidden = one !== name;
      byId(`tab-${one}`).setAttribute("aria-selected", String(one === name));
      byId(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    this.#changed();
  }

  close() {
    const focused = this.#root.contains(document.activeElement);
    const shown = TABS.find((name) => this.shows(name));
    this.#root.hidden = true;
    if (focused && shown) byId(`${shown}-button`).focus();
    this.#changed();
  }

  #changed() {
    document.body.classList.toggle("with-panel", !this.#root.hidden);
    for (const name of TABS)
      byId(`${name}-button`).setAttribute("aria-pressed", String(this.shows(name)));
    this.#onChange();
  }
}
