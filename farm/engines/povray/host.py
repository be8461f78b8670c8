"""The host program of POV-Ray: runs in the sandbox, starts one povray a frame, and imports nothing of the farm."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hosts"))

import host_ini
import host_job
import host_listening
import host_order
import host_serving

_CONFIGURATION = """[File I/O Security]
restricted
[Shellout Security]
forbidden
[Permitted Paths]
read* = "{engine}"
read* = "{home}"
read+write* = "{job}"
"""
"""The sandbox is what holds a scene; this keeps an .ini file from starting programs where there is none."""


@dataclass
class Place:
    """Where things lie for POV-Ray."""

    program: str
    libraries: list
    settings: list
    """The scene's .ini, as far as it is about the picture."""
    writing: str
    threads: int


class Host:
    def __init__(self, speaker, greeting):
        self.speaker = speaker
        self.job = greeting["job"]
        self.threads = greeting["threads"]
        self.engine = greeting["engine"]
        self.program = greeting["program"]
        self.environment = {**greeting["environment"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8"}
        self.is_first = True
        self._configure()

    def _configure(self):
        folder = os.path.join(os.environ["HOME"], ".povray", "3.7")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "povray.conf"), "w") as file:
            file.write(_CONFIGURATION.format(engine=self.engine, home=os.environ["HOME"], job=self.job))

    def carry_out(self, order):
        """Raises Fault."""
        constants, frame = order["constants"], order["frame"]
        main = host_job.scene_path(self.job, constants.get("POVRAY_FILE", ""), "POVRAY_FILE", host_order.ENDINGS)
        sources = host_ini.find_sources(main)
        if sources.pov != os.path.basename(main):
            relative = os.path.relpath(os.path.join(sources.folder, sources.pov), self.job)
            host_job.scene_path(self.job, relative, "The .ini file", host_order.ENDINGS)
        settings = self._ordered(sources.settings, constants)
        standard = os.path.join(self.engine, "usr/share/povray-3.7/include")
        libraries = [standard, *host_ini.folders_below(self.job, sources.folder)]
        place = Place(
            self.program, libraries, self._settings(sources), host_job.new_writing_folder(self.job), self.threads
        )
        command = host_order.command(constants, frame, sources.pov, settings, place)
        began = time.monotonic()
        self._run(command, sources.folder)
        self._deliver(place.writing, frame)
        self.speaker.say(f"Frame {frame} took {time.monotonic() - began:.2f} s")

    def _ordered(self, settings, constants):
        ordered = host_order.with_order(settings, constants)
        if not ordered.width and not ordered.height:
            size = "{} × {}".format(*host_ini.DEFAULT_SIZE)
            self.speaker.say(f"Neither order nor scene says how large the picture is: it is {size}.")
        ordered.width, ordered.height = host_ini.whole_size(ordered.width, ordered.height)
        return ordered

    def _settings(self, sources):
        if not sources.ini:
            return []
        kept, left_out = host_ini.about_the_picture(os.path.join(sources.folder, sources.ini))
        if left_out:
            self.speaker.say(f"Not used of {sources.ini}, because the farm sees to it: {', '.join(left_out)}")
        path = os.path.join(os.environ["HOME"], "scene.ini")
        with open(path, "w") as file:
            file.write("\n".join([*kept, ""]))
        return [path]

    def _run(self, command, folder):
        listener = host_listening.Listener(self.speaker, self.is_first)
        self.is_first = False
        process = subprocess.Popen(
            command, cwd=folder, env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0
        )
        while data := process.stderr.read(65536):
            listener.feed(data)
        listener.feed(b"\n")
        exit_code = process.wait()
        if exit_code != 0:
            raise listener.fault(exit_code)

    def _deliver(self, writing, frame):
        """POV-Ray writes a number of its own behind the name of an animation's pictures."""
        written = [name for name in os.listdir(writing) if name.startswith("picture")]
        pictures = [name for name in written if os.path.splitext(name)[1] in (".png", ".exr", ".jpg")]
        if not pictures:
            raise host_job.not_written(self.job, "POV-Ray")
        ending = os.path.splitext(pictures[0])[1]
        self.speaker.event("progress", percent=100, note="The picture is written")
        host_job.deliver(self.job, os.path.join(writing, pictures[0]), f"{frame:04d}{ending}", self.speaker)
        shutil.rmtree(writing, ignore_errors=True)


if __name__ == "__main__":
    host_serving.serve(Host, "POV-Ray")
