// Where the tiles of the stage are. Pure arithmetic in CSS pixels.

/** Tiles are as wide for their height as most cameras. */
const ASPECT = 16 / 9;
const GAP = 8;

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

/**
 * @param {number} count
 * @param {number} width of the stage
 * @param {number} height
 * @returns {number} columns with which `count` tiles become largest
 */
export function bestColumns(count, width, height) {
  let best = { columns: 1, tile: 0 };
  for (let columns = 1; columns <= count; ++columns) {
    const rows = Math.ceil(count / columns);
    const tile = Math.min(
      (width - GAP * (columns - 1)) / columns,
      (ASPECT * (height - GAP * (rows - 1))) / rows,
    );
    if (tile > best.tile) best = { columns, tile };
  }
  return best.columns;
}

/**
 * All tiles alike, a last row that isn't full in the middle; one alone fills the area.
 * @param {number} count
 * @param {Rect} area
 * @returns {Rect[]}
 */
export function gridLayout(count, area) {
  if (count === 0) return [];
  const columns = bestColumns(count, area.width, area.height);
  const rows = Math.ceil(count / columns);
  const cell = {
    width: (area.width - GAP * (columns - 1)) / columns,
    height: (area.height - GAP * (rows - 1)) / rows,
  };
  if (count === 1) return [area];
  const width = Math.floor(Math.min(cell.width, cell.height * ASPECT));
  const height = Math.floor(width / ASPECT);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const rowWidth = inRow * width + (inRow - 1) * GAP;
    const allHeight = rows * height + (rows - 1) * GAP;
    return {
      x: Math.round(area.x + (area.width - rowWidth) / 2 + (index - row * columns) * (width + GAP)),
      y: Math.round(area.y + (area.height - allHeight) / 2 + row * (height + GAP)),
      width,
      height,
    };
  });
}

/**
 * The first tile large, the others in a strip at its side, or below it where the stage is narrow.
 * @param {number} count
 * @param {Rect} area
 * @returns {Rect[]}
 */
export function spotlightLayout(count, area) {
  if (count < 2) return gridLayout(count, area);
  const others = count - 1;
  const wide = area.width > area.height * 1.2;
  if (wide) {
    const strip = Math.round(Math.min(area.width * 0.22, 280));
    const columns = others * (strip / ASPECT + GAP) > area.height * 1.5 ? 2 : 1;
    const width = area.width - strip - GAP;
    return [
      { ...area, width: Math.floor(width) },
      ...strips(
        others,
        { x: area.x + width + GAP, y: area.y, width: strip, height: area.height },
        columns,
      ),
    ];
  }
  const strip = Math.round(Math.min(area.height * 0.25, 160));
  const rest = { x: area.x, y: area.y + area.height - strip, width: area.width, height: strip };
  return [{ ...area, height: Math.floor(area.height - strip - GAP) }, ...gridLayout(others, rest)];
}

/**
 * @param {number} count
 * @param {Rect} area
 * @param {number} columns
 * @returns {Rect[]} from the top, as large as fits
 */
function strips(count, area, columns) {
  const rows = Math.ceil(count / columns);
  const width = Math.floor((area.width - GAP * (columns - 1)) / columns);
  const height = Math.floor(Math.min(width / ASPECT, (area.height - GAP * (rows - 1)) / rows));
  return Array.from({ length: count }, (_, index) => ({
    x: Math.round(area.x + (index % columns) * (width + GAP)),
    y: Math.round(area.y + Math.floor(index / columns) * (height + GAP)),
    width,
    height,
  }));
}

/**
 * @param {Rect} area
 * @returns {Rect} one's own picture in the corner of a stage that others fill
 */
export function cornerLayout(area) {
  const width = Math.round(Math.min(Math.max(area.width * 0.2, 112), 240));
  const height = Math.round(width / ASPECT);
  return {
    x: area.x + area.width - width - GAP,
    y: area.y + area.height - height - GAP,
    width,
    height,
  };
}

/**
 * @param {number} others tiles of others; the first of them in the spotlight, if there is one
 * @param {boolean} own whether there is a tile of one's own, the last
 * @param {boolean} spotlight
 * @param {{width: number, height: number}} stage
 * @returns {Rect[]}
 */
export function stageLayout(others, own, spotlight, { width, height }) {
  const area = { x: 0, y: 0, width, height };
  const arrange = spotlight ? spotlightLayout : gridLayout;
  if (!own) return arrange(others, area);
  // With one or two others one's own picture is in the corner; with more it is a tile like
  // theirs.
  const corner = !spotlight && others > 0 && others <= 2;
  return corner ? [...arrange(others, area), cornerLayout(area)] : arrange(others + 1, area);
}
