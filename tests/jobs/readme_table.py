"""The table of ../shared/scenes/README.md, read into what a scene check must find."""

import re
from dataclasses import dataclass

from tests.scenes import FOLDER


@dataclass(frozen=True)
class Row:
    path: str
    version: str
    frames: tuple[int, int] | None
    engine: str
    size: tuple[int, int, int] | None
    camera: str
    external: str
    other: str

    @property
    def collection(self):
        return self.path.split("/")[0]

    @property
    def is_refused(self):
        return self.frames is None

    @property
    def camera_count(self):
        found = re.search(r"yes \((\d+)\)", self.camera)
        return int(found[1]) if found else int("yes" in self.camera)

    @property
    def missing_libraries(self):
        return self.external.count("**MISSING**")

    @property
    def missing_images(self):
        found = re.search(r"(\d+) missing", self.external)
        return int(found[1]) if found else 0


def rows():
    """Empty where the folder of scenes is not beside the checkout."""
    if not FOLDER.is_dir():
        return []
    lines = (FOLDER / "README.md").read_text().splitlines()
    return [_row(line) for line in lines if ".blend |" in line]


def _row(line):
    path, _, version, frames, engine, size, camera, external, _, other, *_ = [
        c.strip() for c in line.strip("| ").split("|")
    ]
    numbers = re.fullmatch(r"(\d+)–(\d+)", frames)
    pixels = re.fullmatch(r"(\d+)×(\d+)@(\d+)%", size)
    return Row(
        path=path,
        version=version,
        frames=(int(numbers[1]), int(numbers[2])) if numbers else None,
        engine="BLENDER_RENDER" if "internal" in engine else engine,
        size=tuple(map(int, pixels.groups())) if pixels else None,
        camera=camera,
        external=external,
        other=other,
    )
