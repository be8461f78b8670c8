"""Reads the settings of a POV-Ray scene: its .ini files, in either spelling (Width=320 or +W320).

Used by the host program and by the reader, which run apart from the farm: Python's own library only.
"""

import os
import re
from dataclasses import dataclass, field

DEFAULT_SIZE = (800, 600)
"""Debian's own, where neither order nor scene says anything."""
_MOST_FOLDERS = 15
"""POV-Ray takes 25 library paths, and the scene's own count as well."""
_LARGEST_INI = 1_000_000
_WORDS = {
    "width": "width",
    "height": "height",
    "input_file_name": "input",
    "initial_frame": "initial_frame",
    "final_frame": "final_frame",
    "initial_clock": "initial_clock",
    "final_clock": "final_clock",
    "cyclic_animation": "is_cyclic",
    "output_file_type": "file_type",
    "library_path": "library",
}
_SWITCHES = {
    "KFI": "initial_frame",
    "KFF": "final_frame",
    "KI": "initial_clock",
    "KF": "final_clock",
    "KC": "is_cyclic",
    "W": "width",
    "H": "height",
    "I": "input",
    "F": "file_type",
    "L": "library",
}
"""The longer ones first: +KFI1 is no +KF."""
_OF_THE_MACHINE = re.compile(
    r"(\w+_(console|file)|create_ini|output_(to_file|file_name)|display|video_mode|pause_when_done|continue_trace"
    r"|verbose|test_abort|test_abort_count|work_threads|(pre|post|fatal|user)_\w+_(command|return)|\w*histogram\w*)$"
)
"""Not about the picture: where messages and pictures go, windows, threads, programs to start."""
_FORMATS = {"N": "PNG", "J": "JPEG", "E": "EXR"}


@dataclass
class Settings:
    """What the scene says; None or empty where it says nothing."""

    width: int | None = None
    height: int | None = None
    input: str = ""
    initial_frame: int | None = None
    final_frame: int | None = None
    initial_clock: float | None = None
    final_clock: float | None = None
    is_cyclic: bool | None = None
    file_type: str = ""
    libraries: list = field(default_factory=list)

    @property
    def is_animation(self):
        return self.final_frame is not None and self.final_frame > (self.initial_frame or 1)

    @property
    def frames(self):
        """First and last; a still has frame 1."""
        return (self.initial_frame or 1, self.final_frame) if self.is_animation else (1, 1)

    @property
    def picture_format(self):
        """The farm's name of the scene's own format, or empty."""
        return _FORMATS.get(self.file_type[:1].upper(), "")


@dataclass
class Sources:
    """The files a scene is started with. `ini` is empty for a .pov that has none beside it."""

    folder: str
    pov: str
    ini: str
    settings: Settings


def find_sources(main_file):
    """From either of the two files: scene.ini names its .pov; a scene.ini beside scene.pov belongs to it."""
    folder, name = os.path.split(main_file)
    stem, ending = os.path.splitext(name)
    settings = Settings()
    read_ini(os.path.join(folder, "povray.ini"), settings)  # POV-Ray takes it from the folder it works in
    if ending.lower() == ".ini":
        read_ini(main_file, settings)
        return Sources(folder, settings.input or f"{stem}.pov", name, settings)
    beside = f"{stem}.ini"
    own = Settings()
    read_ini(os.path.join(folder, beside), own)
    if not os.path.isfile(os.path.join(folder, beside)) or own.input not in ("", name, stem):
        return Sources(folder, name, "", settings)
    read_ini(os.path.join(folder, beside), settings)
    return Sources(folder, name, beside, settings)


def whole_size(width, height):
    """Both sides: one that nobody says follows the other as 3 to 4, the shape of POV-Ray's own camera."""
    if not width and not height:
        return DEFAULT_SIZE
    return width or max(1, round(height * 4 / 3)), height or max(1, round(width * 3 / 4))


def folders_below(job, folder):
    """Folders of the upload that a file may lie in beside the scene's own: a library's, or one called textures."""
    found = []
    for parent, folders, names in os.walk(job):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if names and parent != folder:
            found.append(parent)
        if len(found) == _MOST_FOLDERS:
            break
    return found


def _lines(path):
    """(option, line) of what stands before its first [section], which is what POV-Ray takes unasked."""
    try:
        with open(path, "rb") as file:
            text = file.read(_LARGEST_INI).decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        line = line.split(";")[0].strip()
        if line.startswith("["):
            return
        name, is_assignment, _ = line.partition("=")
        is_option = is_assignment and re.fullmatch(r"\w+", name.strip())
        yield (name.strip().lower() if is_option else ""), line


def read_ini(path, settings):
    for option, line in _lines(path):
        if option:
            _take(settings, _WORDS.get(option, ""), line.partition("=")[2])
        else:
            take_switches(line, settings)


def about_the_picture(path):
    """(lines that are about the picture, options that are not: the farm's own take their place)."""
    kept, left_out = [], []
    for option, line in _lines(path):
        if _OF_THE_MACHINE.match(option) or re.search(r"(^|\s)[+-](O|G[ADFRSW]|D|WT)", line, re.IGNORECASE):
            left_out.append(option or line)
        elif line:
            kept.append(line)
    return kept, left_out


def take_switches(line, settings):
    """+W320 +H200 -A +KFF20, as on a command line."""
    for sign, word in re.findall(r"(?:^|\s)([+-])(\S+)", line):
        name = next((name for name in _SWITCHES if word.upper().startswith(name)), None)
        if name == "KC":
            settings.is_cyclic = sign == "+"
        elif name is not None and word[len(name) :]:
            _take(settings, _SWITCHES[name], word[len(name) :])


def _take(settings, field_name, value):
    """What can't be read is POV-Ray's to complain about."""
    value = value.strip().strip("\"'")
    if field_name == "library":
        settings.libraries.append(value)
    elif field_name in ("input", "file_type"):
        setattr(settings, field_name, value)
    elif field_name == "is_cyclic":
        settings.is_cyclic = value.lower() in ("on", "true", "yes", "1")
    elif field_name in ("initial_clock", "final_clock"):
        if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", value):
            setattr(settings, field_name, float(value))
    elif field_name and re.fullmatch(r"\d{1,6}", value):
        setattr(settings, field_name, int(value))
