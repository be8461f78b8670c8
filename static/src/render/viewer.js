// One frame, filling the window: arrows for its neighbours, zoom to real pixels, drag to look around.

import { followFrame } from "./waiting.js";

export function startViewer(stage) {
  const image = stage.querySelector("[data-viewer-image]");
  const unfinished = stage.querySelector("[data-why]");
  if (unfinished) followFrame(unfinished);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (stage.classList.contains("is-zoomed") && event.key.startsWith("Arrow")) return; // arrows scroll the picture
    if (event.key === "z" || event.key === "+") document.querySelector("[data-zoom]").click();
    else document.querySelector(`[data-key="${event.key}"]`)?.click();
  });
  const button = document.querySelector("[data-zoom]");
  if (!image) {
    button.hidden = true;
    return;
  }
  const zoom = (at) => {
    const isZoomed = stage.classList.toggle("is-zoomed");
    button.setAttribute("aria-pressed", String(isZoomed));
    if (!isZoomed) return;
    if (image.dataset.full && image.src !== image.dataset.full) image.src = image.dataset.full;
    stage.scrollLeft = at.x * (stage.scrollWidth - stage.clientWidth);
    stage.scrollTop = at.y * (stage.scrollHeight - stage.clientHeight);
  };
  button.addEventListener("click", () => zoom({ x: 0.5, y: 0.5 }));
  image.addEventListener("click", (event) => {
    if (stage.dataset.dragged) return;
    const box = image.getBoundingClientRect();
    zoom({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  });
  letDrag(stage);
  fetchNeighbours();
}

function letDrag(stage) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    delete stage.dataset.dragged;
    if (event.pointerType === "mouse" && stage.classList.contains("is-zoomed")) {
      event.preventDefault();
      from = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
    }
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const left = from.x - event.clientX;
    const top = from.y - event.clientY;
    if (Math.abs(left - stage.scrollLeft) + Math.abs(top - stage.scrollTop) > 4) stage.dataset.dragged = "yes";
    stage.scrollTo(left, top);
  });
  addEventListener("pointerup", () => (from = null));
}

/** The pages beside this one come at once when an arrow is pressed. */
function fetchNeighbours() {
  for (const link of document.querySelectorAll('[rel="prev"], [rel="next"]')) {
    const hint = document.createElement("link");
    hint.rel = "prefetch";
    hint.href = link.href;
    document.head.append(hint);
  }
}
