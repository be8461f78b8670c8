// The new-render page: a drop zone until something is dropped, then a column that grows as it learns.

import htmx from "htmx.org";

import { Away, Refused, send } from "../ask.js";
import { fingerprint, mainFile, sceneName } from "./collect.js";
import { listenForDrops, listenForPicks } from "./drops.js";
import { UploadRows } from "./rows.js";
import { PlaceUpload } from "./place.js";
import { offer, sceneOf, unfinishedScenes } from "./unfinished.js";

export function startNewRender(root) {
  return new NewRender(root).start();
}

class NewRender {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.veil = document.querySelector("[data-veil]");
    this.rows = new UploadRows(this.part("uploads"), this.part("row-template"), {
      resumed: (file) => this.goOn([file]),
      cancelled: (file) => this.leaveOut(file),
    });
  }

  async start() {
    listenForDrops(this.veil, { isBusy: () => this.isBusy, take: (files) => this.take(files) });
    this.pick = listenForPicks(this.root, (files) => this.take(files));
    this.part("pause").addEventListener("click", () => (this.upload.isHeld ? this.goOn() : this.upload.pause()));
    this.part("cancel").addEventListener("click", () => this.cancel());
    addEventListener("beforeunload", (event) => {
      if (this.upload?.isUploading) event.preventDefault();
    });
    this.unfinished = await unfinishedScenes(this.root.dataset.openUploads);
    if (!this.upload && !this.part("drop").hidden) {
      offer(this.part("continue"), this.unfinished, (isFolder) => this.pick(isFolder));
    }
  }

  /** Of what can be opened: the farm's software says. */
  get endings() {
    return this.root.querySelector("#pick-file").accept.split(",");
  }

  /** Whose storage it goes to; nothing where there is no choice. */
  get where() {
    const chosen = this.part("drop").querySelector("[name=where]:checked");
    return chosen ? { where: chosen.value } : {};
  }

  get isBusy() {
    return Boolean(this.upload?.isUploading);
  }

  async take(files) {
    if (this.isBusy) return this.say("One scene at a time: this one is still on its way. Open another tab for the next.");
    if (!files.length) return this.say("There is no file in what was dropped.");
    if (!mainFile(files, this.endings)) {
      return this.say(`There is no scene in it. Drop one (${this.endings.join(", ")}), or the folder that holds it.`);
    }
    this.say("");
    try {
      this.unfinished ??= await unfinishedScenes(this.root.dataset.openUploads);
      const known = sceneOf(this.unfinished, files.map(({ file }) => fingerprint(file)));
      const sceneId = known ?? (await send(this.root.dataset.scenes, { name: sceneName(files, this.endings), ...this.where })).id;
      this.begin(sceneId, files);
    } catch (failure) {
      this.sayFailure(failure);
    }
    return undefined;
  }

  begin(sceneId, files) {
    for (const name of ["drop", "continue", "recent"]) if (this.part(name)) this.part(name).hidden = true;
    this.root.querySelector("form.demo-offer")?.remove();
    this.part("scene-slot").replaceChildren();
    this.part("lead").textContent = "The scene goes straight to the store. Keep this page open until it is up.";
    this.sceneId = sceneId;
    this.upload = new PlaceUpload({ place: `/scenes/${sceneId}/`, files, changed: () => this.rows.changed() });
    this.rows.rows.clear();
    this.rows.show(this.upload);
    this.goOn();
  }

  async goOn(files) {
    const upload = this.upload;
    await upload.resume(files);
    this.rows.changed();
    if (upload.isComplete && !upload.isFinished) await this.finish(upload);
  }

  async finish(upload) {
    upload.isFinished = true;
    try {
      const { url } = await upload.finish();
      history.replaceState(null, "", `${this.root.dataset.here}?scene=${this.sceneId}`);
      this.part("lead").textContent = "Your scene is here to stay, also when you close this page.";
      await htmx.ajax("GET", url, { target: "[data-scene-slot]", swap: "innerHTML" });
    } catch (failure) {
      this.sayFailure(failure);
    }
  }

  async leaveOut(file) {
    file.cancel();
    if (!this.upload.wanted.length) return this.cancel();
    return this.goOn([]);
  }

  cancel() {
    this.upload.cancel();
    this.upload = null;
    this.part("uploads").hidden = true;
    this.part("drop").hidden = false;
    this.part("lead").textContent = "Left out. Drop a scene anywhere on this page.";
    this.unfinished = null;
    this.root.querySelector("[data-pick]").focus();
  }

  say(sentence) {
    const notice = this.part("upload-problem");
    notice.hidden = !sentence;
    notice.querySelector("span").textContent = sentence;
  }

  sayFailure(failure) {
    if (failure instanceof Refused) this.say(failure.message);
    else if (failure instanceof Away) this.say("The server does not answer. Drop the scene again in a moment.");
    else throw failure;
  }
}
