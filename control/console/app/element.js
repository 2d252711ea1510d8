import { icon } from "./icons.js";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties] `class` is its classes; `aria-…`, `data-…`
 *   and `role` are attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (/^(aria-|data-|role$)/.test(name)) element.setAttribute(name, value);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * A button that shows an icon and, where there is room, a word.
 * @param {HTMLButtonElement} button
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} label
 * @param {{off?: boolean, pressed?: boolean}} [state]
 */
export function dress(button, name, label, state = {}) {
  const { off = false, pressed } = state;
  button.replaceChildren(icon(name, off), make("span", { class: "word" }, label));
  button.setAttribute("aria-label", label);
  button.title = label;
  button.classList.toggle("off", off);
  if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
}

/**
 * @param {string} id that is in the page
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no ${id}`);
  return element;
}

/**
 * The text of a node is changed only when it differs, so that a selection in it survives.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
