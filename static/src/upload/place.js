// Files on their way to a place (a scene, a library, an add-on), then the word to the server that they are there.

import { Away, send } from "../ask.js";
import { pause, pauseBefore } from "../retry.js";
import { FileUpload } from "./file.js";
import { Lanes } from "./lanes.js";
import { Rate } from "./rate.js";

export const PARALLEL_PARTS = 6;
const PARALLEL_FILES = 6;

export class PlaceUpload {
  /** @param {string} place its address, with the slash at its end */
  constructor({ place, files, changed }) {
    this.place = place;
    this.rate = new Rate();
    this.changed = changed;
    const lanes = new Lanes(PARALLEL_PARTS);
    this.files = files.map(
      ({ file, path }) => new FileUpload({ file, path, place, lanes, changed: () => this.moved() }),
    );
  }

  get wanted() {
    return this.files.filter((file) => file.state !== "cancelled");
  }

  get size() {
    return this.wanted.reduce((sum, file) => sum + file.size, 0);
  }

  get sentBytes() {
    return this.wanted.reduce((sum, file) => sum + file.sentBytes, 0);
  }

  get isUploading() {
    return this.files.some((file) => ["waiting", "sending", "stalled", "pausing", "paused"].includes(file.state));
  }

  get hasFailed() {
    return this.files.some((file) => file.state === "failed");
  }

  /** Nothing moves until the person says so. */
  get isHeld() {
    const unfinished = this.files.filter((file) => !["done", "cancelled"].includes(file.state));
    return unfinished.length > 0 && unfinished.every((file) => ["pausing", "paused", "failed"].includes(file.state));
  }

  get isStalled() {
    const underWay = this.files.filter((file) => ["sending", "stalled"].includes(file.state));
    return underWay.length > 0 && underWay.every((file) => file.state === "stalled");
  }

  get secondsLeft() {
    return this.rate.speed > 0 ? (this.size - this.sentBytes) / this.rate.speed : null;
  }

  moved() {
    this.rate.mark(this.sentBytes);
    this.changed();
  }

  /** Sends what is not up yet, a few files at a time. True when everything wanted is there. */
  async run() {
    this.rate.reset();
    const queue = this.files.filter((file) => !["done", "cancelled"].includes(file.state));
    const worker = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        if (file.state !== "paused" && file.state !== "cancelled") await file.run();
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_FILES }, worker));
    return this.isComplete;
  }

  get isComplete() {
    return this.wanted.length > 0 && this.wanted.every((file) => file.state === "done");
  }

  /** Goes on with these, or with everything that was paused or failed. */
  resume(files = this.files) {
    for (const file of files) file.release();
    return this.run();
  }

  pause() {
    for (const file of this.files) file.pause();
    this.rate.reset();
  }

  cancel() {
    for (const file of this.files) file.cancel();
  }

  /** Tells the server; asks until it has heard. */
  async finish() {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(`${this.place}uploaded/`);
      } catch (failure) {
        if (!(failure instanceof Away)) throw failure;
        await pause(pauseBefore(attempt));
      }
    }
  }
}
