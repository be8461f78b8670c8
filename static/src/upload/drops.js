// Files dropped anywhere on the page, or chosen by its buttons.

import { droppedFiles, pickedFiles } from "./collect.js";

/** `veil` is shown while something is held over the page, unless it is busy. */
export function listenForDrops(veil, { isBusy, take }) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const move = (change) => {
    depth = Math.max(0, depth + change);
    veil.hidden = depth === 0 || isBusy();
  };
  addEventListener("dragenter", (event) => holdsFiles(event) && move(1));
  addEventListener("dragleave", (event) => holdsFiles(event) && move(-1));
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    take(await droppedFiles(event.dataTransfer));
  });
}

/** @returns {(isFolder: boolean) => void} opens the picker, as the buttons do */
export function listenForPicks(root, take) {
  const pick = (isFolder) => root.querySelector(isFolder ? "#pick-folder" : "#pick-file").click();
  for (const button of root.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", () => pick(button.dataset.pick === "folder"));
  }
  for (const input of root.querySelectorAll("#pick-file, #pick-folder")) {
    input.addEventListener("change", () => {
      const files = pickedFiles(input.files);
      input.value = "";
      take(files);
    });
  }
  return pick;
}
