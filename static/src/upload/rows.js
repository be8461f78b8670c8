// The files of an upload as rows, and their sum above them. Drawn at most once a frame of the screen.

import { bytes, counted, duration } from "../words.js";

const WORDS = {
  waiting: () => "waiting",
  sending: (file) => `${bytes(file.sentBytes)} of ${bytes(file.size)}`,
  stalled: () => "connection lost, trying again",
  pausing: () => "pausing, what is under way still arrives",
  paused: (file) => `paused at ${bytes(file.sentBytes)}`,
  done: (file) => bytes(file.size),
  failed: (file) => file.problem,
  cancelled: () => "left out",
};

export class UploadRows {
  constructor(section, template, { resumed, cancelled }) {
    this.section = section;
    this.template = template;
    this.list = section.querySelector("[data-rows]");
    this.resumed = resumed;
    this.cancelled = cancelled;
    this.rows = new Map();
  }

  show(upload) {
    this.upload = upload;
    this.section.hidden = false;
    this.list.replaceChildren(...upload.files.map((file) => this.row(file)));
    this.draw();
  }

  row(file) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.querySelector(".upload-name").textContent = file.path;
    row.querySelector("progress").setAttribute("aria-label", file.path);
    row.querySelector("[data-row-pause]").addEventListener("click", () =>
      ["pausing", "paused", "failed"].includes(file.state) ? this.resumed(file) : file.pause(),
    );
    row.querySelector("[data-row-cancel]").addEventListener("click", () => this.cancelled(file));
    this.rows.set(file, row);
    return row;
  }

  /** Asks for a drawing; many a frame are one. */
  changed() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    for (const [file, row] of this.rows) this.drawRow(file, row);
    const { upload, section } = this;
    section.querySelector("[data-total]").value = upload.size ? (upload.sentBytes / upload.size) * 100 : 0;
    section.querySelector("[data-total-words]").textContent = this.sumWords();
    section.toggleAttribute("data-complete", upload.isComplete);
    const isSingle = upload.files.length === 1 && !upload.hasFailed;
    section.toggleAttribute("data-single", isSingle);
    const what = isSingle ? ` ${upload.files[0].path}` : "";
    section.querySelector("[data-uploads-title]").textContent = `${upload.isComplete ? "Uploaded" : "Uploading"}${what}`;
    const trouble = section.querySelector("[data-trouble]");
    trouble.hidden = !upload.isStalled;
    trouble.querySelector("span").textContent = "Connection lost. It goes on by itself when the line is back; what is up stays up.";
    const pause = section.querySelector("[data-pause]");
    pause.hidden = section.querySelector("[data-cancel]").hidden = !upload.isUploading && !upload.hasFailed;
    pause.querySelector("span").textContent = upload.isHeld ? "Go on" : "Pause";
  }

  drawRow(file, row) {
    row.dataset.state = file.state;
    row.querySelector("progress").value = file.size ? (file.sentBytes / file.size) * 100 : Number(file.state === "done") * 100;
    const words = row.querySelector(".upload-words");
    const said = WORDS[file.state](file);
    if (words.textContent !== said) words.textContent = said;
    const pause = row.querySelector("[data-row-pause]");
    const held = ["pausing", "paused", "failed"].includes(file.state);
    pause.setAttribute("aria-label", `${held ? "Go on with" : "Pause"} ${file.path}`);
    row.querySelector("[data-row-cancel]").setAttribute("aria-label", `Leave out ${file.path}`);
    pause.setAttribute("aria-pressed", String(held));
    pause.hidden = row.querySelector("[data-row-cancel]").hidden = file.state === "done" || file.state === "cancelled";
  }

  sumWords() {
    const { upload } = this;
    const many = upload.wanted.length > 1 ? `${counted(upload.wanted.length, "file", "files")}, ` : "";
    const amount = `${many}${bytes(upload.sentBytes)} of ${bytes(upload.size)}`;
    if (upload.isComplete) return `${many}${bytes(upload.size)}`;
    if (upload.isHeld || upload.isStalled || !upload.rate.speed) return amount;
    return `${amount} at ${bytes(upload.rate.speed)}/s, about ${duration(upload.secondsLeft)} left`;
  }
}
