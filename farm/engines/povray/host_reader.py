"""The scene check of POV-Ray: reads a .pov or .ini and what it includes, without running anything of it."""

import os
import re
import sys
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))

import host_ini
import host_reading
import host_standard

_MOST_FILES = 500
_NEWEST_VERSION = 3.7
_TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|(?P<word>\#\s*\w+|[A-Za-z_]\w*)(?:\s*(?P<string>"(?:\\.|[^"\\\n])*"))?'
    r'|(?P<number>[+-]?\d+\.?\d*)|"(?:\\.|[^"\\\n])*"',
    re.DOTALL,
)
_IMAGES = {"png", "jpeg", "tga", "gif", "ppm", "pgm", "tiff", "iff", "sys", "exr", "hdr", "df3"}
_ENDINGS = {"font": (".ttf", ".ttc"), "include": (".inc", ".pov"), "image": (".png", ".jpg", ".jpeg", ".tga", ".gif")}
"""POV-Ray tries them behind a name that has none."""
_KINDS = {"ttf": "font", "include": "include", "fopen": "file", **dict.fromkeys(_IMAGES, "image")}
_HINT = re.compile(r"//\s*((?:[+-]\w\S*\s*)+)$", re.MULTILINE)


@dataclass
class Scene:
    """What was found in the .pov and all it includes."""

    job: str
    folders: list
    links: host_reading.LinkedFiles
    problems: list = field(default_factory=list)
    cameras: int = 0
    version: str = ""
    seen: set = field(default_factory=set)


def read(job, main_file):
    """Facts of the scene in the farm's words. Raises Unreadable."""
    main = os.path.realpath(os.path.join(job, main_file))
    host_reading.text_of(main, main_file)
    sources = host_ini.find_sources(main)
    pov = os.path.join(sources.folder, sources.pov)
    if sources.pov != os.path.basename(main) and not os.path.isfile(pov):
        raise host_reading.Unreadable(
            f"“{main_file}” names the scene “{sources.pov}”, which is not among the uploaded files."
        )
    libraries = [os.path.join(sources.folder, folder) for folder in sources.settings.libraries]
    folders = [sources.folder, *libraries, *host_ini.folders_below(job, sources.folder)]
    scene = Scene(job, folders, host_reading.LinkedFiles(job))
    text = host_reading.text_of(pov, sources.pov)
    _read_hints(text, sources.settings)
    _read_text(text, sources.pov, scene)
    _judge(scene)
    return _facts(scene, sources)


def _read_hints(text, settings):
    """Authors write the size and the frames of a scene into its first comments: // +W640 +H480 +KFF20"""
    said = host_ini.Settings()
    for switches in _HINT.findall(text[:4000]):
        host_ini.take_switches(switches, said)
    if settings.width is None and said.width and said.height:
        settings.width, settings.height = said.width, said.height
    if settings.final_frame is None and said.is_animation:
        settings.initial_frame, settings.final_frame = said.frames


def _read_text(text, name, scene):
    for token in _TOKENS.finditer(text):
        word = (token["word"] or "").replace("#", "# ", 1).split()
        directive = word[-1] if word and word[0].startswith("#") else ""
        plain = directive or (word[0] if word else "")
        if plain == "camera":
            scene.cameras += 1
        elif directive == "version" and not scene.version:
            found = re.match(r"\s*(?:unofficial\s+\w+\s+)?(\d\.\d+)", text[token.end() :])
            scene.version = found[1] if found else ""
        elif token["string"] and plain in _KINDS:
            _name_file(token["string"][1:-1], _KINDS[plain], name, scene)


def _name_file(path, kind, named_in, scene):
    """Follows an include, also one that only a condition would."""
    names = [path, *(path + ending for ending in _ENDINGS.get(kind, ()) if "." not in os.path.basename(path))]
    standard = {os.path.basename(name) for name in names} & host_standard.FILES
    if standard or kind == "file" or (path, kind) in scene.seen:
        scene.cameras += bool(standard & host_standard.WITH_A_CAMERA)
        return
    scene.seen.add((path, kind))
    name = next((name for name in names if host_reading.is_there(scene.job, name, scene.folders)), path)
    there = scene.links.add(name, kind, scene.folders)
    if there is None:
        scene.problems.append(_missing(path, kind, named_in, scene))
    elif kind == "include" and len(scene.seen) < _MOST_FILES:
        _read_text(host_reading.text_of(there, path), path, scene)


def _missing(path, kind, named_in, scene):
    other = host_reading.other_case(path, scene.folders)
    remedy = host_reading.how_to_bring(path)
    if other:
        remedy = f"“{other}” is there: capitals count here, so give it the name that the scene uses."
    sentence = f"The {kind} “{path}”, which “{named_in}” names, is not among the uploaded files."
    return host_reading.problem(sentence, remedy, blocks=False)


def _judge(scene):
    if scene.cameras == 0:
        sentence = "The scene has no camera: POV-Ray would look from the origin along the z axis."
        remedy = "Add a camera { location … look_at … } and upload the scene again, or render it as it is."
        scene.problems.append(host_reading.problem(sentence, remedy, blocks=False))
    if scene.version and float(scene.version) > _NEWEST_VERSION:
        sentence = f"The scene is written for POV-Ray {scene.version}, and the farm has {_NEWEST_VERSION}."
        remedy = "It may stop at a word it does not know: look at a test frame first."
        scene.problems.append(host_reading.problem(sentence, remedy, blocks=False))


def _facts(scene, sources):
    settings = sources.settings
    first, last = settings.frames
    width, height = host_ini.whole_size(settings.width, settings.height)
    return {
        "frame_start": first,
        "frame_end": last,
        "frame_step": 1,
        "fps": 25.0,
        "width": width,
        "height": height,
        "samples": None,
        "cameras": [],
        "camera": None,
        "output_format": settings.picture_format or "PNG",
        "linked_files": scene.links.as_json(),
        "problems": scene.problems,
        "software_version": scene.version,
    }


if __name__ == "__main__":
    host_reading.answer(read)
