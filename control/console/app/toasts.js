import { byId, make } from "./element.js";

const SHOWN_MS = 5000;

/**
 * Says something in the corner for a while; screen readers read it out.
 * @param {string} text
 * @param {"news" | "trouble"} [kind]
 */
export function toast(text, kind = "news") {
  const element = make("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}
