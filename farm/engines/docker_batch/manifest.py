"""What a registry says of an image: which of its builds is for this machine, and the layers of it."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from farm.engines.docker_batch.faults import Fault

PROCESSOR = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
"""This machine's, in Docker's words."""
_MOST_LAYERS = 500
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Layer:
    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    digest: str
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)


def digest_for_this_machine(raw: bytes, image: str) -> str:
    """Of the manifest itself, or of the one of several that is for this processor. Raises Fault."""
    stated = _object(raw, image)
    if not isinstance(stated.get("manifests"), list):
        return _digest(raw)
    builds = [build for build in stated["manifests"] if isinstance(build, dict)]
    platforms = [build.get("platform") or {} for build in builds]
    for build, of in zip(builds, platforms, strict=True):
        if of.get("os") == "linux" and of.get("architecture") == PROCESSOR:
            return _checked(build.get("digest"), image)
    offered = {f"{of.get('os')}/{of.get('architecture')}" for of in platforms}
    raise other_processor(image, ", ".join(sorted(offered - {"unknown/unknown"})))


def other_processor(image: str, offered: str) -> Fault:
    return Fault(
        "IMAGE_OTHER_PROCESSOR",
        f"{image} is made for {offered or 'no machine'}, and this machine is linux/{PROCESSOR}: "
        "build the image for that, or choose another tag.",
    )


def manifest(raw: bytes, image: str) -> Manifest:
    """Raises Fault."""
    stated = _object(raw, image)
    listed = stated.get("layers")
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_LAYERS:
        raise _unreadable(image)
    try:
        layers = tuple(Layer(_checked(layer["digest"], image), max(0, int(layer["size"]))) for layer in listed)
    except (KeyError, TypeError, ValueError) as broken:
        raise _unreadable(image) from broken
    return Manifest(_digest(raw), layers)


def _checked(digest: object, image: str) -> str:
    """It becomes the name of a file."""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _unreadable(image)
    return digest


def _object(raw: bytes, image: str) -> Mapping[str, Any]:
    try:
        stated = json.loads(raw)
    except (ValueError, RecursionError):
        stated = None
    if not isinstance(stated, dict):
        raise _unreadable(image)
    return stated


def _unreadable(image: str) -> Fault:
    return Fault(
        "IMAGE_UNREADABLE",
        f"The registry's description of {image} can't be read, as of images made before 2017: push it anew.",
    )


def _digest(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(raw).hexdigest()
