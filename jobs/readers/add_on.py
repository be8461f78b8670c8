"""Says what a zip holds as a Blender add-on, as one line of JSON. Runs only inside the sandbox, and runs nothing of it.

    python add_on.py FILE

Prints {"name", "version", "module", "least_blender"}, or {"problem": {"id": …}} in the words of jobs.problems.
"""

import ast
import json
import sys
import tomllib
import zipfile
from typing import Any

MOST_FILES = 20_000
MOST_BYTES = 1024**3
MOST_RATIO = 200
FREE_BYTES = 64 * 1024**2
"""Below this much, any ratio is fine."""
MOST_SOURCE_BYTES = 4 * 1024**2
OLDEST_BLENDER = (2, 80)
"""Blender since then switches nothing older on."""
MANIFEST, INIT = "blender_manifest.toml", "__init__.py"


class Refused(Exception):
    def __init__(self, problem: str, **said: Any) -> None:
        super().__init__(problem)
        self.problem = {"id": f"add_on_{problem}", **said}


def read(path: str) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        check(archive.infolist())
        names = {name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")}
        found = place_of(MANIFEST, names)
        legacy = legacy_source(names)
        if found is not None:
            return with_older(of_manifest(archive, found), archive, legacy)
        if legacy is None:
            why, said = why_none(names)
            raise Refused(why, **said)
        return of_source(archive, legacy)


def check(members: list[zipfile.ZipInfo]) -> None:
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_FILES or size > MOST_BYTES or (size > FREE_BYTES and size > MOST_RATIO * max(packed, 1)):
        raise Refused("too_large")
    if any(member.flag_bits & 0x1 for member in members):
        raise Refused("encrypted")


def place_of(name: str, names: set[str]) -> str | None:
    """At the top or in a folder at the top, as Blender looks for it."""
    if name in names:
        return name
    return next((there for there in sorted(names) if there.count("/") == 1 and there.endswith(f"/{name}")), None)


def legacy_source(names: set[str]) -> str | None:
    """A package in a folder of its own, or one module at the top."""
    package = next((name for name in sorted(names) if name.count("/") == 1 and name.endswith(f"/{INIT}")), None)
    modules = [name for name in sorted(names) if "/" not in name and name.endswith(".py") and name != INIT]
    return package or (modules[0] if len(modules) == 1 else None)


def why_none(names: set[str]) -> tuple[str, dict[str, Any]]:
    if INIT in names:
        return "loose", {}
    deep = sorted((name for name in names if name.endswith((f"/{INIT}", f"/{MANIFEST}"))), key=lambda n: n.count("/"))
    return ("too_deep", {"folder": deep[0].rpartition("/")[0][:200]}) if deep else ("none", {})


def source_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        source = stream.read(MOST_SOURCE_BYTES + 1)
    if len(source) > MOST_SOURCE_BYTES:
        raise Refused("unreadable", file=name[:200])
    return source


def of_source(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """What `bl_info` says. It is read as text: a literal is all Blender itself accepts."""
    said = bl_info(source_of(archive, name))
    if said is None:
        raise Refused("unreadable", file=name[:200])
    least = said.get("blender") if isinstance(said.get("blender"), (tuple, list)) else ()
    if numbers(least)[:2] < OLDEST_BLENDER and least:
        raise Refused("too_old", version=dotted(least))
    module = name.removesuffix(f"/{INIT}").removesuffix(".py")
    return {
        "name": str(said.get("name") or module),
        "version": dotted(said.get("version", "")),
        "module": module,
        "least_blender": line(dotted(least)),
    }


def bl_info(source: bytes) -> dict[str, Any] | None:
    try:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "bl_info" for one in node.targets):
                said = ast.literal_eval(node.value)
                return said if isinstance(said, dict) else None
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None
    return None


def of_manifest(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        said = tomllib.loads(source_of(archive, name).decode())
    except (ValueError, RecursionError) as failure:
        raise Refused("unreadable", file=name[:200]) from failure
    if said.get("type", "add-on") != "add-on":
        raise Refused("other_extension", type=str(said.get("type"))[:40])
    platforms = [str(one) for one in said.get("platforms") or []]
    if platforms and not any(one.startswith("linux") for one in platforms):
        raise Refused("other_system", systems=platforms[:10])
    if not isinstance(said.get("id"), str) or not said["id"]:
        raise Refused("unreadable", file=name[:200])
    return {
        "name": str(said.get("name") or said["id"]),
        "version": dotted(said.get("version", "")),
        "module": said["id"],
        "least_blender": line(str(said.get("blender_version_min", ""))),
    }


def with_older(said: dict[str, Any], archive: zipfile.ZipFile, legacy: str | None) -> dict[str, Any]:
    """One that is both works from the older of the two Blenders on."""
    older = bl_info(source_of(archive, legacy)) if legacy else None
    least = (older or {}).get("blender")
    if isinstance(least, (tuple, list)) and numbers(least)[:2] >= OLDEST_BLENDER:
        said["least_blender"] = min(said["least_blender"], line(dotted(least)), key=lambda one: numbers(one.split(".")))
    return said


def numbers(version: Any) -> tuple[int, ...]:
    return tuple(int(str(part)) if str(part).isdigit() else 0 for part in list(version)[:3])


def dotted(version: Any) -> str:
    return ".".join(str(part) for part in version) if isinstance(version, (tuple, list)) else str(version)


def line(version: str) -> str:
    """4.2.0 → 4.2"""
    return ".".join(version.split(".")[:2])


def answer(path: str) -> dict[str, Any]:
    try:
        return read(path)
    except Refused as refused:
        return {"problem": refused.problem}
    except (MemoryError, RuntimeError, NotImplementedError):
        return {"problem": {"id": "add_on_too_large"}}
    except Exception:  # whatever a damaged or hostile zip makes the reader do
        return {"problem": {"id": "add_on_damaged"}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(sys.argv[1])))
