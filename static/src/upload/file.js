// One file on its way: begun, sent in parts, completed. A pause lets the parts under way arrive, so that none is lost.

import { Away, Refused, ask, send } from "../ask.js";
import { pause, pauseBefore } from "../retry.js";
import { fingerprint } from "./collect.js";
import { PartRefused, putPart } from "./part.js";
import { Signer } from "./signer.js";

const REFUSALS_BEFORE_GIVING_UP = 5;

/** States: waiting, sending, stalled (the line is away), pausing (parts still arrive), paused, done, failed, cancelled. */
export class FileUpload {
  /** @param {() => void} changed called whenever something a person can see has moved */
  constructor({ file, path, place, lanes, changed }) {
    Object.assign(this, { file, path, place, lanes, changed });
    this.state = "waiting";
    this.problem = "";
    this.sent = new Map(); // part number → bytes
    this.id = null;
    this.isHeld = false;
  }

  get size() {
    return this.file.size;
  }

  get sentBytes() {
    let sum = 0;
    for (const bytes of this.sent.values()) sum += bytes;
    return this.state === "done" ? this.size : Math.min(sum, this.size);
  }

  get isOver() {
    return ["done", "failed", "cancelled"].includes(this.state);
  }

  /** Runs to its end; a second call while it runs is the same run, and one after a pause waits for the end of it. */
  run() {
    if (this.running && !this.stop?.signal.aborted) return this.running;
    const run = (this.running ?? Promise.resolve())
      .then(() => this.send())
      .finally(() => {
        if (this.running === run) this.running = null;
      });
    this.running = run;
    return run;
  }

  async send() {
    if (this.isOver) return;
    this.stop = new AbortController();
    this.isHeld = false;
    this.move("sending");
    try {
      await this.begin();
      await this.sendMissing();
      this.move(this.isWhole ? "done" : "paused");
    } catch (failure) {
      if (this.stop.signal.aborted && !this.isGivenUp) return;
      this.fail(failure);
    }
  }

  async begin() {
    const begun = await this.untilHeard(() =>
      send(`${this.place}uploads/`, { path: this.path, size: this.size, fingerprint: fingerprint(this.file) }, this.stop.signal),
    );
    this.id = begun.id;
    this.partSize = begun.part_size;
    this.partCount = begun.part_count;
    this.isWhole = begun.state !== "open";
    this.sent.clear();
    for (const number of begun.done_parts) this.sent.set(number, this.sizeOf(number));
  }

  async sendMissing() {
    while (!this.isWhole && !this.isHeld) {
      const missing = this.missing();
      const signer = new Signer(this.id, missing);
      await this.together(missing.map((number) => () => this.sendPart(number, signer)));
      if (this.arrived === this.partCount) this.isWhole = await this.complete();
    }
  }

  get arrived() {
    return [...this.sent].filter(([number, bytes]) => bytes === this.sizeOf(number)).length;
  }

  missing() {
    const numbers = Array.from({ length: this.partCount }, (_, index) => index + 1);
    return numbers.filter((number) => this.sent.get(number) !== this.sizeOf(number) || this.sizeOf(number) === 0);
  }

  /** All parts through the lanes; the first that fails for good stops the others. */
  async together(works) {
    const signal = this.stop.signal;
    await Promise.all(
      works.map((work) =>
        this.lanes.run(() => (signal.aborted || this.isHeld ? undefined : work()), signal).catch((failure) => {
          if (!signal.aborted) this.giveUp();
          throw failure;
        }),
      ),
    );
    signal.throwIfAborted();
  }

  async sendPart(number, signer) {
    const from = (number - 1) * this.partSize;
    const blob = this.file.slice(from, from + this.sizeOf(number));
    for (let attempt = 1, refusals = 0; ; attempt += 1) {
      try {
        const address = await signer.addressOf(number, this.stop.signal);
        await putPart(address, blob, (bytes) => this.progressed(number, bytes), this.stop.signal);
        this.progressed(number, blob.size);
        return;
      } catch (failure) {
        this.sent.delete(number);
        if (this.stop.signal.aborted || failure instanceof Refused) throw failure;
        if (this.isHeld) return;
        if (failure instanceof PartRefused) {
          signer.forget(number);
          if (failure.status < 500) refusals += 1;
          if (refusals >= REFUSALS_BEFORE_GIVING_UP) throw failure;
        }
        await this.stall(attempt);
      }
    }
  }

  /** False when the store lacks parts we thought were there; they are then sent again. */
  async complete() {
    try {
      await this.untilHeard(() => send(`/uploads/${this.id}/complete/`, {}, this.stop.signal));
      return true;
    } catch (failure) {
      if (!(failure instanceof Refused) || failure.status !== 409) throw failure;
      const { parts } = await this.untilHeard(() => ask(`/uploads/${this.id}/parts/`, { signal: this.stop.signal }));
      this.sent = new Map(parts.map((number) => [number, this.sizeOf(number)]));
      return false;
    }
  }

  async untilHeard(work) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (failure) {
        if (!(failure instanceof Away)) throw failure;
        await this.stall(attempt);
      }
    }
  }

  async stall(attempt) {
    this.move("stalled");
    await pause(pauseBefore(attempt), this.stop.signal);
    this.stop.signal.throwIfAborted();
  }

  progressed(number, bytes) {
    this.sent.set(number, bytes);
    if (this.state === "stalled") this.state = "sending";
    this.changed();
  }

  sizeOf(number) {
    return Math.min(this.partSize, this.size - (number - 1) * this.partSize);
  }

  pause() {
    if (this.isOver || this.state === "paused") return;
    if (this.state === "sending" && this.id) {
      this.isHeld = true;
      this.move("pausing");
      return;
    }
    this.stop?.abort();
    this.forgetHalves();
    this.move("paused");
  }

  /** Before `run`: takes back a pause or a failure. */
  release() {
    this.isHeld = false;
    if (this.state === "pausing") this.move("sending");
    else if (["paused", "failed"].includes(this.state)) this.move("waiting");
  }

  /** Leaves the file out: what arrived of it is freed. */
  cancel() {
    if (this.state === "done") return;
    this.stop?.abort();
    this.move("cancelled");
    if (this.id) send(`/uploads/${this.id}/abort/`).catch(() => {}); // idle uploads are freed by the server as well
  }

  giveUp() {
    this.isGivenUp = true;
    this.stop.abort();
  }

  fail(failure) {
    this.isGivenUp = false;
    this.problem =
      failure instanceof Refused ? failure.message : "The file store refused it. Check that the clock of this computer is right, then try again.";
    this.forgetHalves();
    this.move("failed");
  }

  /** Parts that were under way start anew. */
  forgetHalves() {
    for (const [number, bytes] of this.sent) if (bytes !== this.sizeOf(number)) this.sent.delete(number);
  }

  move(state) {
    this.state = state;
    this.changed();
  }
}
