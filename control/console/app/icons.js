// Drawn on a 24 by 24 grid with strokes of width 2.
const PATHS = {
  mic: [
    "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z",
    "M5.5 11a6.5 6.5 0 0 0 13 0",
    "M12 17.5v3.5",
  ],
  camera: ["M3.5 7h11v10h-11z", "m14.5 11 6-3.5v9l-6-3.5"],
  screen: ["M3 4.5h18v12H3z", "M8.5 20.5h7", "M12 16.5v4", "m9 11.5 3-3 3 3", "M12 8.5V13"],
  link: [
    "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3",
    "M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3",
  ],
  people: [
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "M2.5 20a6.5 6.5 0 0 1 13 0",
    "M16 4.5a3.5 3.5 0 0 1 0 6.5",
    "M18 14.5a6.5 6.5 0 0 1 3.5 5.5",
  ],
  figures: ["M4 20V10", "M10 20V4", "M16 20v-7", "M21 20H3"],
  leave: ["M3 14.5c5-4.5 13-4.5 18 0l-2.5 3-4-2v-3a11 11 0 0 0-5 0v3l-4 2z"],
  close: ["m6 6 12 12", "M18 6 6 18"],
  pin: ["M9 3.5h6l-1 7 3 3H7l3-3z", "M12 13.5v7"],
  remove: [
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "M2.5 20a6.5 6.5 0 0 1 11-4.7",
    "m16 15 5 5",
    "m21 15-5 5",
  ],
  off: ["M4 4l16 16"],
};
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {keyof typeof PATHS} name
 * @param {boolean} [off] crossed out
 * @returns {SVGSVGElement} for the eye only: the button around it has a label
 */
export function icon(name, off = false) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  for (const d of [...PATHS[name], ...(off ? PATHS.off : [])]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
