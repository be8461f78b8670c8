"""Which image an order means: the registry, the repository, and a tag or digest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from farm.engines.docker_batch.faults import Fault

DOCKER_HUB = "docker.io"
_DOCKER_HUBS = frozenset({"", DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "hub.docker.com"})
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[0-9]{1,5})?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_API_VERSIONS = frozenset({"v1", "v2"})


@dataclass(frozen=True)
class ImageName:
    host: str
    """With the port, where it isn't 443."""
    repository: str
    version: str
    """A tag, or a digest ("sha256:…")."""

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}{'@' if self.is_digest else ':'}{self.version}"

    @property
    def is_digest(self) -> bool:
        return self.version.startswith("sha256:")

    def at(self, digest: str) -> "ImageName":
        return ImageName(self.host, self.repository, digest)


def image_name(constants: Mapping[str, str]) -> ImageName:
    """From DOCKER_SRV, DOCKER_REPO and DOCKER_TAG. Raises Fault.

    Without DOCKER_SRV the repository may begin with its registry, as on Docker's own command line.
    """
    given = constants.get("DOCKER_SRV", "").strip().removeprefix("https://").removeprefix("http://").strip("/")
    host, _, path = given.partition("/")
    repository = constants.get("DOCKER_REPO", "").strip().strip("/")
    version = constants.get("DOCKER_TAG", "").strip() or "latest"
    if not host:
        first, _, rest = repository.partition("/")
        if rest and ("." in first or ":" in first or first == "localhost"):
            host, repository = first, rest
    if path and path not in _API_VERSIONS:
        repository = f"{path}/{repository}"
    host = DOCKER_HUB if host.lower() in _DOCKER_HUBS else re.sub(r"^localhost\b", "127.0.0.1", host.lower())
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not _HOST.fullmatch(host):
        raise Fault("IMAGE_UNREADABLE", f"“{host[:100]}” is no address of a registry (DOCKER_SRV).")
    if not _REPOSITORY.fullmatch(repository) or len(repository) > 255:
        raise Fault(
            "IMAGE_UNREADABLE",
            f"“{repository[:100]}” is no name of an image: check DOCKER_REPO (small letters; the tag is DOCKER_TAG's).",
        )
    if not (_TAG.fullmatch(version) or _DIGEST.fullmatch(version)):
        raise Fault("IMAGE_UNREADABLE", f"“{version[:100]}” is no tag of an image: check DOCKER_TAG.")
    return ImageName(host, repository, version)
