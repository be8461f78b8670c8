// Speed over the last seconds, so that the time left does not jump.

const WINDOW_MS = 8_000;

export class Rate {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.marks = [];
  }

  /** `total` bytes are up by now. */
  mark(total) {
    const at = this.now();
    const last = this.marks.at(-1);
    if (last && at - last.at < 200) {
      last.total = total;
    } else {
      this.marks.push({ at, total });
    }
    while (this.marks.length > 2 && at - this.marks[0].at > WINDOW_MS) this.marks.shift();
  }

  /** Bytes a second; 0 while nobody can know. */
  get speed() {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    const seconds = first ? (last.at - first.at) / 1000 : 0;
    return seconds > 0.5 ? Math.max(0, last.total - first.total) / seconds : 0;
  }

  reset() {
    this.marks = [];
  }
}
