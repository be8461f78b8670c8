// What was dropped or picked, as files with their paths inside the scene.

const LEFT_OUT = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX(\/.*)?|\._[^/]*|[^/]*\.blend\d+)$/i;

/** @returns {{file: File, path: string}[]} without what operating systems and Blender leave behind */
export function pickedFiles(fileList) {
  return kept([...fileList].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** A drop of files and folders; folders are walked to their end. */
export async function droppedFiles(transfer) {
  // Entries must be taken before the first await: the transfer is emptied after the event.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return pickedFiles(transfer.files);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return kept(found);
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader hands out at most 100 entries a call, and none at the end.
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) return;
    for (const child of batch) await walk(child, found);
  }
}

const kept = (files) => files.filter(({ path }) => !LEFT_OUT.test(path));

/** Finds an unfinished upload of the same file again: after a closed tab, on another computer. */
export function fingerprint(file) {
  return `${file.name}:${file.size}:${file.lastModified}`;
}

/** The first file with one of the endings: the earlier in the list, the likelier the scene itself. */
export function mainFile(files, endings) {
  const found = endings.map((ending) => files.find(({ path }) => path.toLowerCase().endsWith(ending)));
  return found.find(Boolean);
}

/** What the scene is called until someone says otherwise: its folder, or its file without the ending. */
export function sceneName(files, endings) {
  const [top, ...rest] = mainFile(files, endings).path.split("/");
  const ending = endings.find((known) => top.toLowerCase().endsWith(known)) ?? "";
  return rest.length ? top : top.slice(0, top.length - ending.length).replace(/\.blend$/i, "");
}
