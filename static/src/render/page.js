// One render's page, kept up to date by its one socket.

import { Live } from "../live.js";
import { LogPanel } from "../log/panel.js";
import { Files } from "./files.js";
import { Machines } from "./machines.js";
import { parseItem } from "./parse.js";
import { Stage } from "./stage.js";
import { WaitingAnswer } from "./waiting.js";
import { FrameWall } from "./wall.js";

const SAY_LOST_AFTER_MS = 1_500; // a blink of the line is nobody's concern

export function startRender(root) {
  const { render, revision, lineCount, changes, log } = root.dataset;
  const panel = new LogPanel(root.querySelector("[data-log-panel]"), { address: log, lineCount: Number(lineCount) });
  const results = root.querySelector("[data-files]") ? new Files(root.querySelector("[data-files]")) : new Pictures(root);
  const machines = new Machines(root.querySelector(".machines-part"), (...met) => panel.offer(...met));
  const live = new Live({
    address: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/renders/${render}/`,
    changesAddress: changes,
    logAddress: log,
    revision: Number(revision),
    lineCount: Number(lineCount),
    onChanges: (message) => {
      if (message.headline) replaceHeadline(message.headline);
      machines.update(message.machines ?? []);
      results.take(message);
      if (message.carbon) replaceCarbon(root.querySelector("[data-carbon]"), parseItem(message.carbon));
    },
    onLines: (lines, count) => panel.add(lines, count),
    onConnection: connectionSign(root.querySelector("[data-connection]")),
    onGone: () => location.reload(),
  });
  document.addEventListener("htmx:after:swap", () => results.refresh());
  addEventListener("pagehide", () => live.stop());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  panel.start();
  return live.run();
}

/** What a render gives: the wall of its frames, and one of them large. */
class Pictures {
  constructor(root) {
    this.wall = new FrameWall(root.querySelector("[data-wall]"));
    this.stage = new Stage(root.querySelector("[data-stage]"), this.wall);
    new WaitingAnswer(document.querySelector("[data-why-answer]"), root.querySelector("[data-wall]"));
  }

  take(message) {
    if (message.frames?.length) this.stage.refresh(this.wall.update(message.frames));
  }

  refresh() {
    this.wall.refresh();
    this.stage.refresh();
  }
}

/** Only what changed is touched, so that a screen reader says it once. */
function replaceHeadline(html) {
  const old = document.getElementById("headline");
  const fresh = parseItem(html);
  const words = (headline) => headline.dataset.state + [...headline.querySelectorAll(".headline-sentence, .headline-next, .headline-warmth")].map((line) => line.textContent).join();
  const isSame = words(old) === words(fresh);
  if (!isSame) {
    old.replaceWith(fresh);
    return;
  }
  Object.assign(old.dataset, fresh.dataset);
  old.querySelector("progress").value = fresh.querySelector("progress").value;
  old.querySelector(".headline-numbers").replaceChildren(...fresh.querySelector(".headline-numbers").childNodes);
}

/** The figures and the method; whether the method is open stays as it is. */
function replaceCarbon(place, fresh) {
  if (!place.firstElementChild) {
    place.append(fresh);
    return;
  }
  for (const part of [".carbon-figures", ".carbon-method"]) {
    place.querySelector(part).replaceWith(fresh.querySelector(part));
  }
}

function connectionSign(sign) {
  let timer;
  return (isConnected) => {
    clearTimeout(timer);
    if (isConnected) sign.hidden = true;
    else timer = setTimeout(() => (sign.hidden = false), SAY_LOST_AFTER_MS);
  };
}
