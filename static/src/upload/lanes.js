// At most so many parts on their way at once, over all files; first come, first served.

export class Lanes {
  constructor(count) {
    this.free = count;
    this.waiting = [];
  }

  async run(work, signal) {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  enter(signal) {
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve();
    }
    return new Promise((done, failed) => {
      const place = { done };
      this.waiting.push(place);
      signal?.addEventListener("abort", () => {
        const index = this.waiting.indexOf(place);
        if (index < 0) return;
        this.waiting.splice(index, 1);
        failed(new DOMException("stopped", "AbortError"));
      });
    });
  }

  leave() {
    const next = this.waiting.shift();
    if (next) next.done();
    else this.free += 1;
  }
}
