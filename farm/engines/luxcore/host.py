"""The host program of LuxCore: runs in its own interpreter, inside the sandbox, and imports nothing of the farm.

An order is one picture, rendered until it has the samples or the time that were ordered.
"""

import contextlib
import io
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))

import host_serving  # noqa: I001 (before LuxCore)
import host_job
import host_sdl
import host_settings
from host_speaking import Fault

with contextlib.redirect_stdout(io.StringIO()):  # it prints where its libraries lie
    import pyluxcore

_LOOK_EVERY_SECONDS = 0.25
_THE_SCENE_ITSELF = "scene."
"""LuxCore prints every property of it, which can be a hundred thousand lines."""
_OF_NO_USE = (
    "=======",
    "OpenCL",
    "CUDA",
    "File Name Resolver",
    "Film output definition: RGB_IMAGEPIPELINE [image.png]",
)


class Host:
    def __init__(self, speaker, greeting):
        self.speaker = speaker
        self.job = os.path.realpath(greeting["job"])
        self.threads = greeting["threads"]
        pyluxcore.Init(self._log)

    def _log(self, text):
        for line in text.splitlines():
            if line.strip() and not line.startswith(_THE_SCENE_ITSELF) and not any(word in line for word in _OF_NO_USE):
                self.speaker.say(line.strip())

    def carry_out(self, order):
        """Raises Fault."""
        constants, frame = order["constants"], order["frame"]
        settings, scene = self._read(constants)
        writing = host_job.new_writing_folder(self.job)
        picture, others = settings.write_to(writing)
        settings.values["native.threads.count"] = [str(self.threads)]
        began = time.monotonic()
        session = self._start(settings, scene)
        self.speaker.event("loaded", engine=settings.values["renderengine.type"][0])
        self._wait(session, settings)
        self.speaker.event("progress", percent=99, note="Writing the picture")
        session.Stop()
        session.GetFilm().SaveOutputs()
        self._deliver(picture, others, frame)
        shutil.rmtree(writing, ignore_errors=True)
        self.speaker.say(f"Picture {frame} took {time.monotonic() - began:.2f} s")

    def _read(self, constants):
        """The render's settings, and the path of its scene. Works in the folder the paths begin at."""
        path = host_job.scene_path(self.job, constants.get("LUXCORE_FILE", ""), "LUXCORE_FILE", host_settings.ENDINGS)
        name = os.path.basename(path)
        _as_luxcore_reads(path)
        values = host_sdl.parse(_text(path))
        scene_file = host_sdl.first(values, "scene.file")
        if not scene_file:
            raise Fault("SCENE_UNREADABLE", f"“{name}” names no scene (scene.file = …): order LuxCore's render.cfg.")
        found = host_sdl.working_folder(self.job, path, scene_file)
        if found is None:
            raise Fault(
                "FILE_MISSING", f"The scene “{scene_file}”, which “{name}” names, is not among the uploaded files."
            )
        folder, scene_file = found
        os.chdir(folder)
        folders = [folder, os.path.dirname(os.path.realpath(scene_file)), os.path.dirname(path), self.job]
        moved = host_settings.check_files(self.job, {**values, **host_sdl.parse(_text(scene_file))}, folders)
        values.update((name, moved.pop(name)) for name in [*moved] if name in values)
        settings = host_settings.Settings(values, constants, self.speaker)
        settings.order()
        return settings, self._with_moved(scene_file, moved)

    def _with_moved(self, scene_file, moved):
        """The scene itself, or a copy in which files that lie elsewhere are named by where they lie."""
        if not moved:
            return scene_file
        properties = _as_luxcore_reads(scene_file)
        for name, values in moved.items():
            self.speaker.say(f"Found elsewhere among the uploaded files: {os.path.relpath(values[0], self.job)}")
            properties.Set(pyluxcore.Property(name, values))
        path = os.path.join(os.environ["HOME"], "scene.scn")
        with open(path, "w", encoding="utf-8") as file:
            file.write(properties.ToString())
        return path

    def _start(self, settings, scene_file):
        """Loads the scene; returns when LuxCore renders."""
        settings.values["scene.file"] = [scene_file]
        properties = pyluxcore.Properties()
        properties.SetFromString(_written(settings.values))
        try:
            session = pyluxcore.RenderSession(pyluxcore.RenderConfig(properties))
            session.Start()
        except RuntimeError as failure:
            raise _explained(str(failure)) from None
        return session

    def _wait(self, session, settings):
        told = -1
        pixels = session.GetFilm().GetWidth() * session.GetFilm().GetHeight()
        while not session.HasDone():
            time.sleep(_LOOK_EVERY_SECONDS)
            session.UpdateStats()
            stats = session.GetStats()
            passes = stats.Get("stats.renderengine.pass").GetInt()
            seconds = stats.Get("stats.renderengine.time").GetFloat()
            samples = stats.Get("stats.renderengine.total.samplecount").GetFloat()
            parts = [stats.Get("stats.renderengine.convergence").GetFloat()]
            if settings.samples:
                parts.append(samples / (pixels * settings.samples))
            if settings.seconds:
                parts.append(seconds / settings.seconds)
            percent = min(98, int(100 * max(parts)))
            if percent > told:
                told = percent
                ordered = f" of {settings.samples:.0f}" if settings.samples else ""
                self.speaker.event("progress", percent=percent, note=f"{passes}{ordered} samples a pixel")

    def _deliver(self, picture, others, frame):
        if not os.path.isfile(picture):
            raise host_job.not_written(self.job, "LuxCore")
        self.speaker.event("progress", percent=100, note="The picture is written")
        host_job.deliver(self.job, picture, f"{frame:04d}{os.path.splitext(picture)[1]}", self.speaker)
        for path, name in others.items():
            if os.path.isfile(path):
                host_job.deliver(self.job, path, f"outputs/{frame:04d}/{name}", self.speaker)


def _text(path):
    with open(path, "rb") as file:
        data = file.read()
    if b"\x00" in data:
        raise Fault(
            "SCENE_UNREADABLE", f"“{os.path.basename(path)}” is no text, as LuxCore's scenes are: upload it again."
        )
    return data.decode("utf-8", "replace")


def _as_luxcore_reads(path):
    """Its own reading, which knows the line that is wrong. Raises Fault."""
    try:
        return pyluxcore.Properties(path)
    except RuntimeError as failure:
        raise _explained(f"{failure} of “{os.path.basename(path)}”") from None


def _written(values):
    return "".join(f"{name} = {' '.join(map(_quoted, said))}\n" for name, said in values.items())


def _quoted(value):
    return f'"{value}"' if " " in value or value == "" else value


def _explained(words):
    """What LuxCore says is short and clear; only the way out is missing."""
    said = " ".join(words.split())[:400].rstrip(".")
    if "not including a camera" in said:
        return Fault("NO_CAMERA", "The scene has no camera. Add one, export the scene again and upload it.")
    if "Unable to read" in said or "doesn't exist" in said or "Unable to open" in said:
        return Fault(
            "FILE_MISSING", f"LuxCore can't open a file of the scene: {said}. Upload it (again) with the scene."
        )
    return Fault("SCENE_UNREADABLE", f"LuxCore can't read the scene: {said}. Correct it there and upload it again.")


if __name__ == "__main__":
    host_serving.serve(Host, "LuxCore")
