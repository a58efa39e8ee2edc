// Times and durations as people read them.

/**
 * "14:03:07.512", in the reader's own time zone.
 * @param {number} wallMs
 */
export function clockTime(wallMs) {
  const date = new Date(wallMs);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const fraction = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}

/**
 * "34 ms", "2.5 s", "3 min 20 s", with a space that does not break.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}\u00A0ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}\u00A0s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}\u00A0min ${seconds % 60}\u00A0s`;
}

/**
 * Like duration, in whole seconds: for what is counted while one watches.
 * @param {number} ms
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds}\u00A0s` : `${Math.floor(seconds / 60)}\u00A0min ${seconds % 60}\u00A0s`;
}
