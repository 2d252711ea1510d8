/**
 * How long to wait before an attempt: doubling from `firstMs` to `mostMs`, a random half of it
 * less, so that all who lost one relay don't come back in the same moment.
 * @param {number} attempt from 0
 * @param {{firstMs: number, mostMs: number}} limits
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function backoffMs(attempt, { firstMs, mostMs }, random = Math.random) {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16));
  return whole * (1 - random() / 2);
}
