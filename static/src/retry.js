// Waiting between attempts: longer each time, never all at once, at once when the line is back.

/** Milliseconds before attempt `count` (from 1): 0.5 s doubled each time, at most `most`, half of it by chance. */
export function pauseBefore(count, most = 30_000, chance = Math.random) {
  const full = Math.min(most, 500 * 2 ** (count - 1));
  return full / 2 + (full / 2) * chance();
}

/** Ends after `milliseconds`, or at once when the browser is online again or `signal` aborts. */
export function pause(milliseconds, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
    signal?.addEventListener("abort", end);
  });
}
