// A library's page: what is dropped goes up beside what is there; the list of files follows.

import htmx from "htmx.org";

import { Refused } from "../ask.js";
import { listenForDrops, listenForPicks } from "./drops.js";
import { PlaceUpload } from "./place.js";
import { UploadRows } from "./rows.js";

export function startLibrary(root) {
  return new LibraryPage(root).start();
}

class LibraryPage {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.rows = new UploadRows(this.part("uploads"), this.part("row-template"), {
      resumed: (file) => this.goOn([file]),
      cancelled: (file) => this.leaveOut(file),
    });
  }

  start() {
    const take = (files) => this.take(files);
    listenForDrops(document.querySelector("[data-veil]"), { isBusy: () => this.isBusy, take });
    listenForPicks(this.root, take);
    this.part("pause").addEventListener("click", () => (this.upload.isHeld ? this.goOn() : this.upload.pause()));
    this.part("cancel").addEventListener("click", () => this.cancel());
    addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  get isBusy() {
    return Boolean(this.upload?.isUploading);
  }

  async take(files) {
    if (this.isBusy) return this.say("These files are still on their way. Add more when they are up.");
    if (!files.length) return this.say("There is no file in what was dropped.");
    this.say("");
    this.upload = new PlaceUpload({ place: this.root.dataset.library, files, changed: () => this.rows.changed() });
    this.rows.rows.clear();
    this.rows.show(this.upload);
    return this.goOn();
  }

  async goOn(files) {
    const { upload } = this;
    await upload.resume(files);
    this.rows.changed();
    if (upload.isComplete) await this.finish(upload);
  }

  async finish(upload) {
    try {
      const { url } = await upload.finish();
      await htmx.ajax("GET", url, { target: "#library-files", swap: "outerHTML" });
      if (this.part("unfinished")) this.part("unfinished").hidden = true;
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      this.say(failure.message);
    }
  }

  leaveOut(file) {
    file.cancel();
    return this.upload.wanted.length ? this.goOn([]) : this.cancel();
  }

  cancel() {
    this.upload.cancel();
    this.upload = null;
    this.part("uploads").hidden = true;
  }

  say(sentence) {
    const notice = this.part("upload-problem");
    notice.hidden = !sentence;
    notice.querySelector("span").textContent = sentence;
  }
}
