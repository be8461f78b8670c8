// Why a frame waits: asked of the farm when the frame is opened, and again and again while the answer is.
// The page of one frame asks too, and is loaded anew when the frame goes on.

import { ask } from "../ask.js";
import { pause } from "../retry.js";

const ASKED_AGAIN_AFTER_MS = 5_000;
const GAP = 8; // pixels between the frame and its answer

export class WaitingAnswer {
  /** @param {HTMLElement} answer the popover  @param {HTMLElement} wall whose waiting frames can be opened */
  constructor(answer, wall) {
    this.answer = answer;
    wall.addEventListener("click", (event) => {
      const frame = event.target.closest("[data-why]");
      if (frame) this.open(frame.dataset.why, frame.closest("[data-number]").id);
    });
    answer.addEventListener("beforetoggle", (event) => event.newState === "closed" && this.opened?.abort());
    for (const what of ["scroll", "resize"]) addEventListener(what, () => this.place(), { capture: true, passive: true });
  }

  async open(address, frame) {
    this.opened?.abort();
    const { signal } = (this.opened = new AbortController());
    this.frame = frame;
    this.say({ label: "", sentence: "Asking the farm …" });
    if (!this.answer.matches(":popover-open")) this.answer.showPopover();
    this.place();
    await askAgain(address, signal, (said) => {
      this.say(said);
      return said.is_waiting;
    });
  }

  /** Only what changed is touched: a screen reader says it once. */
  say({ label, sentence }) {
    for (const [name, words] of Object.entries({ label, sentence })) {
      const line = this.answer.querySelector(`[data-why-${name}]`);
      if (line.textContent !== words) line.textContent = words;
    }
    this.place();
  }

  /** Beside its frame, inside the window. The frame is looked up anew: a change may have replaced it. */
  place() {
    const frame = this.answer.matches(":popover-open") && document.getElementById(this.frame);
    if (!frame) return;
    const [around, own] = [frame.getBoundingClientRect(), this.answer.getBoundingClientRect()];
    const below = around.bottom + GAP;
    const top = below + own.height <= innerHeight - GAP ? below : around.top - GAP - own.height;
    const kept = (wish, most) => `${Math.max(GAP, Math.min(wish, most))}px`;
    this.answer.style.setProperty("--left", kept(around.left, innerWidth - own.width - GAP));
    this.answer.style.setProperty("--top", kept(top, innerHeight - own.height - GAP));
  }
}

/** @param {HTMLElement} line says why, while the frame waits; its data name the address and the state it was shown in */
export function followFrame(line) {
  const { why, state } = line.dataset;
  askAgain(why, new AbortController().signal, (said) => {
    if (said.state && said.state !== state) location.reload();
    else if (said.state !== "rendering" && line.textContent !== said.sentence) line.textContent = said.sentence;
    return said.state === state || said.is_waiting;
  });
}

/** Tells `hear` each answer, and asks again for as long as it returns true. */
async function askAgain(address, signal, hear) {
  while (!signal.aborted) {
    const said = await ask(address, { signal }).catch((failure) => wordsFor(failure));
    if (signal.aborted || !hear(said)) return;
    await pause(ASKED_AGAIN_AFTER_MS, signal);
  }
}

/** Of a server that refuses: its own sentence, and no more asking. */
function wordsFor(failure) {
  if (failure.body) return { label: "", sentence: failure.message, is_waiting: false };
  return { label: "", sentence: "The connection is away. Asked again in a moment.", is_waiting: true };
}
