// "Continue upload of …": a browser can't open a file by itself, so the person picks it again.

import { ask } from "../ask.js";
import { bytes } from "../words.js";

/** @returns {Promise<Map<string, {scene, scene_name, uploads}>>} unfinished scenes of this account, by scene */
export async function unfinishedScenes(address) {
  const { uploads } = await ask(address).catch(() => ({ uploads: [] }));
  const scenes = new Map();
  for (const upload of uploads) {
    if (!scenes.has(upload.scene)) scenes.set(upload.scene, { scene: upload.scene, scene_name: upload.scene_name, uploads: [] });
    scenes.get(upload.scene).uploads.push(upload);
  }
  return scenes;
}

/** The unfinished scene these files belong to: one of them was begun there. */
export function sceneOf(scenes, prints) {
  for (const scene of scenes.values()) {
    if (scene.uploads.some((upload) => prints.includes(upload.fingerprint))) return scene.scene;
  }
  return null;
}

/** A row for each unfinished scene; `pick(isFolder)` opens the file picker. */
export function offer(section, scenes, pick) {
  section.hidden = scenes.size === 0;
  section.replaceChildren(
    ...[...scenes.values()].map(({ scene_name, uploads }) => {
      const row = document.createElement("div");
      row.className = "card demo-offer";
      const words = document.createElement("p");
      const name = document.createElement("strong");
      name.textContent = scene_name;
      const left = uploads.reduce((sum, upload) => sum + upload.size, 0);
      const what = uploads.length > 1 ? `the folder again (${uploads.length} files, ${bytes(left)})` : `${uploads[0].path} again (${bytes(left)})`;
      words.append("Continue upload of ", name, `: pick ${what}. What is up is not sent twice.`);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = uploads.some((upload) => upload.path.includes("/")) ? "Pick the folder" : "Pick the file";
      button.addEventListener("click", () => pick(button.textContent === "Pick the folder"));
      row.append(words, button);
      return row;
    }),
  );
}
