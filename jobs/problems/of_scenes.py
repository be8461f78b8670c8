"""What can be wrong with a scene, worst first, in the words the scene card shows."""

from collections.abc import Callable, Mapping
from typing import Any

from jobs.problems.words import Problem, counted, listed


def _missing(said: Mapping[str, Any]) -> str:
    files = said["files"]
    verb = "is" if len(files) == 1 else "are"
    noun = {"image": ("texture", "textures"), "library": ("linked .blend", "linked .blends")}.get(
        said.get("kind", ""), ("file", "files")
    )
    return f"{counted(len(files), *noun)} {verb} missing: {listed(files)}."


def _outside(said: Mapping[str, Any]) -> str:
    files = said["files"]
    if len(files) == 1:
        return f"One file lies outside the scene, on the computer it was made on: {files[0]}."
    return f"{len(files):,} files lie outside the scene, on the computer it was made on: {listed(files)}."


def _held(otherwise: str) -> Callable[[Mapping[str, Any]], str]:
    """A remedy: which libraries have the files (`held`: path → library), and what to do about the others."""

    def remedy(said: Mapping[str, Any]) -> str:
        held: Mapping[str, str] = said.get("held", {})
        if not held:
            return otherwise
        names = listed([path.rpartition("/")[2] for path in held])
        libraries = list(dict.fromkeys(held.values()))
        have = "has" if len(libraries) == 1 else "have"
        noun = "Your library" if len(libraries) == 1 else "Your libraries"
        found = f"{noun} {listed([f'“{name}”' for name in libraries])} {have} {names}: chosen below."
        return f"{found} For the others: {otherwise}" if set(said["files"]) - set(held) else found

    return remedy


OF_SCENES: dict[str, Problem] = {
    # --- it can't be read ------------------------------------------------------------------
    "empty_file": Problem(
        "{file} is empty: it holds no bytes at all.",
        "Save the scene again in Blender and drop the new file.",
        "blocks",
        "scene",
    ),
    "git_lfs_pointer": Problem(
        "{file} is a Git LFS pointer: a note that says where the scene is, not the scene.",
        "Run “git lfs pull” where it came from, then drop the real file.",
        "blocks",
        "scene",
    ),
    "not_a_blend": Problem(
        "{file} is not a Blender scene{looks}.",
        "Drop a .blend file, or a folder or zip that holds one.",
        "blocks",
        "scene",
    ),
    "not_a_scene": Problem(
        "{file} is not a scene that can be rendered here{looks}.",
        "Drop a {endings} file, or a folder or zip that holds one.",
        "blocks",
        "scene",
    ),
    "no_scene": Problem(
        "There is no scene among the {count} files that were dropped: no {endings} file.",
        "Drop the folder or zip again with the scene in it.",
        "blocks",
        "scene",
    ),
    "not_understood": Problem(
        "{file} can't be read as a {software} scene: {reason}",
        "Render it in {software} on your own computer first, then drop the folder again.",
        "blocks",
        "scene",
    ),
    "renderer": Problem(
        "{sentence}",
        "{remedy}",
        lambda said: "blocks" if said.get("severity") == "blocks" else "warns",
        "scene",
    ),
    "damaged": Problem(
        "{file} is damaged: it begins like a Blender scene but can't be read to its end.",
        "Open it in Blender and save it again. If Blender can't open it either, use the copy Blender keeps beside it, "
        "the one that ends in .blend1.",
        "blocks",
        "scene",
    ),
    "too_heavy_to_read": Problem(
        "{file} unpacks to more than can be read here.",
        "Save it in Blender without “Compress”, or split what it links into files of their own.",
        "blocks",
        "scene",
    ),
    "zip_damaged": Problem(
        "The zip {file} is damaged and can't be unpacked.",
        "Make the zip again, or drop the folder itself.",
        "blocks",
        "scene",
    ),
    "zip_encrypted": Problem(
        "The zip {file} is locked with a password.",
        "Make it again without a password, or drop the folder itself.",
        "blocks",
        "scene",
    ),
    "zip_too_large": Problem(
        "The zip {file} unpacks to more than {limit}.",
        "Leave out caches and renders that the scene does not need, or drop the files one by one.",
        "blocks",
        "scene",
    ),
    "zip_too_many_files": Problem(
        "The zip {file} holds more than {limit:,} files.",
        "Leave out what the scene does not need: caches, old versions, finished renders.",
        "blocks",
        "scene",
    ),
    "zip_names_clash": Problem(
        "Two files in the zip {file} would land in the same place: {name}.",
        "Rename one of them and make the zip again.",
        "blocks",
        "scene",
    ),
    "no_camera": Problem(
        "The scene has no camera, so there is nothing to see it through.",
        "In Blender: Add › Camera, then View › Cameras › Set Active Object as Camera. Save, and drop the file again.",
        "blocks",
        "scene",
    ),
    "no_sandbox": Problem(
        "This server can't open scenes safely yet.",
        "Its operator must see to it: {note}",
        "blocks",
        "us",
    ),
    "check_failed": Problem(
        "The scene could not be checked: {reason}",
        "This is our fault, not the scene's. Drop it again in a while, or tell the operator.",
        "blocks",
        "us",
    ),
    "files_shut": Problem(
        "The scene's files lie at Qarnot, and could not be read. {why}",
        "Then drop the scene again.",
        "blocks",
        "account",
    ),
    # --- it is still being read ---------------------------------------------------------------
    "store_silent": Problem(
        lambda said: (
            f"The scene's files lie at Qarnot, and can't be read yet. {said['why']}"
            if said.get("why")
            else "The storage does not answer, so the scene can't be read yet."
        ),
        "It is tried again every few seconds; nothing is lost. The page may be closed.",
        "warns",
        "us",
    ),
    # --- it can be rendered, but … --------------------------------------------------------------
    "no_active_camera": Problem(
        "No camera is set as the active one; {camera} will be used.",
        "Choose another camera below if it is not the one.",
        "warns",
        "scene",
    ),
    "engine_not_available": Problem(
        "The scene was made for {engine}, which this farm does not have. Blender would draw it with EEVEE instead, "
        "and its materials and lights would be lost.",
        "Set Cycles or EEVEE as the render engine in Blender and look at the materials, or render it and see.",
        "warns",
        "scene",
    ),
    "engine_replaced": Problem(
        "The scene was made for {engine}, which Blender gave up in 2.80. It becomes EEVEE, and its materials and "
        "lights are likely to look different.",
        "Open it in a newer Blender and look at it before rendering all of it, or render one frame first.",
        "warns",
        "scene",
    ),
    "newer_than_engine": Problem(
        "The scene was saved by Blender {version}; the newest on this farm is {newest}.",
        "It may look different. Render one frame first, or save it with Blender {newest}.",
        "warns",
        "farm",
    ),
    "missing_libraries": Problem(
        lambda said: _missing({**said, "kind": "library"}),
        _held("What they hold will not be in the picture. Drop the whole folder with them, or render without them."),
        "warns",
        "scene",
    ),
    "missing_files": Problem(
        _missing,
        _held(
            "They would be pink or absent. Drop them beside the scene, or pack them: File › External Data › "
            "Pack Resources."
        ),
        "warns",
        "scene",
    ),
    "outside_files": Problem(
        _outside,
        _held(
            "Only files beside the scene travel with it. In Blender: File › External Data › Pack Resources, save, and "
            "drop the file again."
        ),
        "warns",
        "scene",
    ),
    "blocked_scripts": Problem(
        lambda said: (
            f"The scene wants to run scripts of its own ({listed(said['names'])}), which the farm does not do."
        ),
        "What they drive keeps its last value. Bake it to keyframes in Blender if the picture depends on it.",
        "warns",
        "scene",
    ),
    "unbaked_physics": Problem(
        "The scene has rigid bodies that are not baked, so each frame could be computed differently.",
        "In Blender: Scene › Rigid Body World › Cache › Bake, save, and drop the file again.",
        "warns",
        "scene",
    ),
    "compositor_output": Problem(
        "The compositor writes files of its own (File Output). They come back beside the frames.",
        "Nothing to do, unless they were meant for a place outside the scene.",
        "warns",
        "scene",
    ),
    "movie_output": Problem(
        "The scene is set to write a movie. The farm renders each frame as a picture of its own instead.",
        "Nothing to do: no frame is lost, and a film can be made from them.",
        "warns",
        "scene",
    ),
    "many_samples": Problem(
        "{samples:,} samples a pixel is a lot: most scenes look the same with 128 to 512 and denoising.",
        "Render one frame with fewer samples and compare, before all of them.",
        "warns",
        "scene",
    ),
    "huge_picture": Problem(
        "The pictures are very large: {width:,} × {height:,} pixels.",
        "If that is not meant, lower the resolution percent below.",
        "warns",
        "scene",
    ),
    "frames_backwards": Problem(
        "The scene's last frame ({end}) comes before its first ({start}).",
        "Say below which frames you want.",
        "warns",
        "scene",
    ),
    "negative_frames": Problem(
        "The animation starts at frame {start}; the farm renders frames from 0 on.",
        "Move it to start at 0 or later if the frames before 0 matter.",
        "warns",
        "scene",
    ),
    "several_scene_files": Problem(
        lambda said: f"{len(said['files']):,} files could be the scene; {said['chosen']} was taken.",
        "Choose another one above if it is not the one.",
        "warns",
        "scene",
    ),
    "several_scenes": Problem(
        "The file holds {count} scenes; “{name}”, the one open when it was saved, will be rendered.",
        "Open the one you want in Blender, save, and drop the file again, if it is another.",
        "warns",
        "scene",
    ),
    "border_render": Problem(
        "Only a region of the picture is set to render (Ctrl-B in Blender).",
        "If the whole picture is wanted: View › Clear Render Region in Blender, save, and drop the file again.",
        "warns",
        "scene",
    ),
    "not_confirmed": Problem(
        "The file was read, but Blender could not confirm it: {reason}",
        "It can still be rendered. Render one frame first.",
        "warns",
        "us",
    ),
}
