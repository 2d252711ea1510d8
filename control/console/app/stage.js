import { stageLayout } from "./layout.js";

/** @typedef {import("./tile.js").Tile} Tile */

/** Puts tiles to their places and keeps them there when its size changes. */
export class Stage {
  #element;
  /** @type {Tile[]} */ #others = [];
  /** @type {Tile | undefined} */ #own;
  #spotlight = false;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    new ResizeObserver(() => this.#place()).observe(element);
  }

  /**
   * @param {Tile[]} others in their order; the first is in the spotlight, if there is one
   * @param {Tile | undefined} own
   * @param {boolean} spotlight
   */
  arrange(others, own, spotlight) {
    const gone = [...this.#others, ...(this.#own ? [this.#own] : [])].filter(
      (tile) => tile !== own && !others.includes(tile),
    );
    for (const tile of gone) tile.element.remove();
    this.#others = others;
    this.#own = own;
    this.#spotlight = spotlight && others.length > 0;
    // A video that is moved in the document stops: tiles are only added, and drawn where they
    // belong.
    for (const tile of [...others, ...(own ? [own] : [])]) {
      if (!tile.element.isConnected) this.#element.append(tile.element);
    }
    this.#place();
  }

  #place() {
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (width === 0 || height === 0) return;
    const tiles = [...this.#others, ...(this.#own ? [this.#own] : [])];
    const rects = stageLayout(this.#others.length, this.#own !== undefined, this.#spotlight, {
      width,
      height,
    });
    tiles.forEach((tile, index) => tile.place(rects[index]));
    this.#own?.element.classList.toggle(
      "corner",
      !this.#spotlight && this.#others.length > 0 && this.#others.length <= 2,
    );
  }
}
