// Add-ons: a zip chosen beside `data-add-ons` goes up, is checked, and the part of the page that lists them follows.

import htmx from "htmx.org";

import { Away, Refused, send } from "../ask.js";
import { bytes } from "../words.js";
import { pickedFiles } from "./collect.js";
import { PlaceUpload } from "./place.js";

export function startAddOns() {
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-add-on-file]")) bring(event.target);
    else if (event.target.matches?.("select[name=profile]")) hint();
  });
  document.addEventListener("click", (event) => {
    event.target.closest?.("[data-add-on-pick]")?.closest("[data-add-ons]").querySelector("[data-add-on-file]").click();
  });
  document.addEventListener("htmx:after:swap", hint);
  hint();
}

async function bring(input) {
  const place = input.closest("[data-add-ons]");
  const files = pickedFiles(input.files);
  input.value = "";
  try {
    for (const { file } of files) await sendOne(place, file);
  } catch (failure) {
    if (!(failure instanceof Refused) && !(failure instanceof Away)) throw failure;
    say(place, failure instanceof Refused ? failure.message : "The server does not answer. Bring the zip again in a moment.");
  }
}

async function sendOne(place, file) {
  const { scene, create, list } = place.dataset;
  const { id, path } = await send(create, { name: file.name, ...(scene && { scene }) });
  const upload = new PlaceUpload({
    place: `/add-ons/${id}/`,
    files: [{ file, path }],
    changed: () => say(place, `${file.name}: ${bytes(upload.sentBytes)} of ${bytes(upload.size)}`),
  });
  await upload.run();
  if (!upload.isComplete) return say(place, upload.files[0].problem);
  await upload.finish();
  say(place, "");
  // A click in the list meanwhile is kept: what is checked is asked for again, and with it the new one.
  const kept = [...place.querySelectorAll("input[name=add_ons]:is(:checked, [type=hidden])")].map((one) => one.value);
  const address = scene ? `${list}?${new URLSearchParams([...kept, id].map((one) => ["add_ons", one]))}` : list;
  return htmx.ajax("GET", address, { target: place.querySelector("[data-add-on-list]"), select: "[data-add-on-list]", swap: "outerHTML" });
}

function say(place, sentence) {
  const words = place.querySelector("[data-add-on-words]");
  words.hidden = !sentence;
  words.textContent = sentence;
}

const numbers = (line) => line.split(".").map(Number);

/** "Made for Blender 4.2 or newer" is said where the chosen version is older. */
function hint() {
  const chosen = /(\d+)\.(\d+)/.exec(document.querySelector("#order [name=profile]")?.value ?? "");
  for (const words of document.querySelectorAll("[data-needs-blender]")) {
    const [major, minor] = numbers(words.dataset.needsBlender);
    words.hidden = !chosen || Number(chosen[1]) > major || (Number(chosen[1]) === major && Number(chosen[2]) >= minor);
  }
}
