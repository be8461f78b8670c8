"""The scene check of LuxCore: reads a .cfg and the scene it names, without running anything of them."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))

import host_reading
import host_sdl

_DEFAULT_SIZE = (640, 480)
"""LuxCore's own."""
_FORMATS = {".png": "PNG", ".exr": "EXR", ".jpg": "JPEG", ".jpeg": "JPEG"}
_ON_PROCESSORS = ("PATHCPU", "BIDIRCPU", "LIGHTCPU", "TILEPATHCPU")


def read(job, main_file):
    """Facts of the scene in the farm's words. Raises Unreadable."""
    path = os.path.realpath(os.path.join(job, main_file))
    settings = host_sdl.parse(host_reading.text_of(path, main_file))
    scene_file = host_sdl.first(settings, "scene.file")
    if not scene_file:
        raise host_reading.Unreadable(
            f"“{main_file}” names no scene (scene.file = …): choose the render.cfg that LuxCore's exporter wrote."
        )
    links, problems = host_reading.LinkedFiles(job), []
    found = host_sdl.working_folder(job, path, scene_file)
    scene = {}
    if found is None:
        links.add(scene_file, "scene", [os.path.dirname(path)])
        problems.append(_missing("scene", scene_file))
    else:
        folder, scene_file = found
        scene_path = os.path.join(folder, scene_file)
        scene = host_sdl.parse(host_reading.text_of(scene_path, scene_file))
        links.add(scene_file, "scene", [folder])
        problems += _look_for_files(job, {**settings, **scene}, [folder, os.path.dirname(scene_path)], links)
        problems += _judged(scene)
    problems += _engine(settings)
    return {**_facts(settings), "linked_files": links.as_json(), "problems": problems}


def _look_for_files(job, properties, folders, links):
    problems = []
    for _, path, kind in host_sdl.files_of(properties):
        there = host_sdl.where_is(job, path, folders)
        if there is not None:
            links.add(os.path.relpath(there, job), kind, [job])
        else:
            links.add(path, kind, folders)
            problems.append(_missing(kind, path))
    return problems


def _missing(kind, path):
    sentence = f"The {kind} “{path}” is not among the uploaded files, and LuxCore stops without it."
    return host_reading.problem(sentence, host_reading.how_to_bring(os.path.basename(path)), blocks=kind == "scene")


def _judged(scene):
    if not any(name.startswith("scene.camera.") for name in scene):
        yield host_reading.problem(
            "The scene has no camera.", "Add one, export the scene again and upload it.", blocks=True
        )
    if not any(name.startswith("scene.lights.") or ".emission" in name for name in scene):
        sentence = "The scene has no light, so that its picture will be black."
        yield host_reading.problem(sentence, "Add a light or a glowing material and export it again.", blocks=False)
    if not any(name.startswith("scene.objects.") for name in scene):
        yield host_reading.problem("The scene has no object in it.", "Export it again with its objects.", blocks=False)


def _engine(settings):
    engine = host_sdl.first(settings, "renderengine.type", "PATHCPU")
    if engine not in _ON_PROCESSORS:
        sentence = f"The scene asks for the engine {engine}; the farm renders it on the processor instead."
        yield host_reading.problem(sentence, "Nothing needs to be done: the picture is the same.", blocks=False)


def _facts(settings):
    samples = host_sdl.number(settings, "batch.haltspp")
    picture = host_sdl.first(settings, "film.outputs.0.filename") or host_sdl.first(settings, "film.outputs.1.filename")
    return {
        "frame_start": 1,
        "frame_end": 1,
        "frame_step": 1,
        "fps": 25.0,
        "width": int(host_sdl.number(settings, "film.width") or _DEFAULT_SIZE[0]),
        "height": int(host_sdl.number(settings, "film.height") or _DEFAULT_SIZE[1]),
        "samples": int(samples) if samples else None,
        "cameras": [],
        "camera": None,
        "engine": host_sdl.first(settings, "renderengine.type", "PATHCPU"),
        "output_format": _FORMATS.get(os.path.splitext(picture)[1].lower(), "PNG"),
        "software_version": "",
    }


if __name__ == "__main__":
    host_reading.answer(read)
