"""Brings an image onto this machine: asked for by the order's own login each time, fetched once."""

import base64
import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.engines.debian_packages import Unpacked
from farm.engines.docker_batch import complaints
from farm.engines.docker_batch.clean_tree import clean
from farm.engines.docker_batch.faults import Fault, Stopped
from farm.engines.docker_batch.image_cache import ASKING, FACTS, ROOT, Image, ImageCache
from farm.engines.docker_batch.image_name import ImageName
from farm.engines.docker_batch.manifest import (
    PROCESSOR,
    Manifest,
    digest_for_this_machine,
    manifest,
    other_processor,
)
from farm.engines.docker_batch.tools import Ended, Tools, too_large
from farm.engines.whole_folder import make_whole

_LOGIN, _LAYOUT, _BLOBS = "login.json", "layout", "layout/blobs/sha256"
_UNPACKED_TIMES = 4
"""What a layer grows to, about."""
_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class Login:
    """`name` empty: none."""

    name: str
    password: str


@dataclass(frozen=True)
class Pull:
    """One order's fetching of one image. `most_mb`: the largest image that is taken, unpacked."""

    name: ImageName
    login: Login
    cache: ImageCache
    unpacked: Unpacked
    most_mb: int
    inside: frozenset[str]
    say: Callable[[str], None]
    should_stop: Callable[[], bool]

    def image(self) -> Image:
        """Raises Fault, Stopped, OSError, sandbox.MissingTool."""
        if self.name.host.startswith("127.") and self.name.host not in self.inside:
            raise complaints.refused(self.name, self.name.host)  # skopeo asks no proxy for these
        self.cache.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = self._digest()
        found = self.cache.find(self.name, digest)
        if found is not None:
            self.say(f"{self.name} ({digest[:19]}) is kept on this machine")
            return found
        with self._alone(digest):
            place = self.cache.place(self.name, digest)
            make_whole(place, lambda: (place / FACTS).exists(), lambda making: self._fill(making, digest), self.say)
            found = self.cache.find(self.name, digest)
        if found is None:
            raise OSError(f"{self.name} was thrown away before it could be used")
        return found

    def _digest(self) -> str:
        """Of the image for this machine, as the registry tells it to this login now."""
        self.say(f"Asking {self.name.host} for {self.name}")
        return digest_for_this_machine(self._inspected(self.name), str(self.name))

    def _inspected(self, name: ImageName) -> bytes:
        """In a folder of its own: where the image will lie, nothing of a stranger's has run before."""
        with tempfile.TemporaryDirectory(prefix=ASKING, dir=self.cache.folder) as asking:
            folder = Path(asking)
            return self._skopeo(folder, ["inspect", "--raw", *self._source(folder, "", name)])

    def _fill(self, making: Path, digest: str) -> None:
        making.mkdir(mode=0o700, parents=True)
        stated = manifest(self._inspected(self.name.at(digest)), str(self.name))
        if stated.size > self.most_mb * 2**20:
            raise too_large(self.most_mb)
        self.cache.make_room(stated.size * _UNPACKED_TIMES)
        self.say(f"Fetching {self.name} ({digest[:19]}): {_mb(stated.size)} in {len(stated.layers)} layers")
        self._lend_layers(making, stated)
        source = self._source(making, "src-", self.name.at(digest))
        self._skopeo(making, ["copy", "--quiet", *source, f"oci:/job/{_LAYOUT}:it"])
        (making / _LOGIN).unlink()
        config = self._config(making)
        self.say(f"Unpacking {self.name}")
        self._unpack(making)
        size = clean(making / ROOT)
        self._keep_layers(making, stated)
        for left in making.iterdir():
            if left.name != ROOT:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        (making / FACTS).write_text(json.dumps({"name": str(self.name), "config": config, "size": size}))
        self.say(f"{self.name} is here: {_mb(size)}")

    def _source(self, folder: Path, prefix: str, name: ImageName) -> list[str]:
        """skopeo's words for where the image is. The password is in a file that only it can read."""
        auth = base64.b64encode(f"{self.login.name}:{self.login.password}".encode()).decode()
        file = folder / _LOGIN
        file.touch(mode=0o600)
        file.write_text(json.dumps({"auths": {name.host: {"auth": auth}} if self.login.name else {}}))
        words = ["--authfile" if not prefix else f"--{prefix}authfile", f"/job/{_LOGIN}"]
        if name.host in self.inside:
            words.append(f"--{prefix}tls-verify=false")
        return [*words, f"docker://{name}"]

    def _skopeo(self, folder: Path, words: list[str]) -> bytes:
        """What it prints. Raises Fault, Stopped, OSError."""
        tools = Tools(self.unpacked, folder, self.most_mb, self.inside, self.should_stop, self._told_size)
        ended, way_out = tools.skopeo(words, self.name.host)
        if ended.exit_code != 0:
            raise complaints.of_skopeo(self.name, ended, way_out, self.most_mb, has_login=bool(self.login.name))
        return ended.output

    def _told_size(self, size: int) -> None:
        self.say(f"{_mb(size)} are here")

    def _unpack(self, making: Path) -> None:
        tools = Tools(self.unpacked, making, self.most_mb, self.inside, self.should_stop, self._told_size)
        ended: Ended = tools.umoci(["raw", "unpack", "--rootless", "--image", f"/job/{_LAYOUT}:it", f"/job/{ROOT}"])
        if ended.exit_code != 0:
            raise complaints.of_umoci(self.name, ended, self.most_mb)

    def _config(self, making: Path) -> dict[str, Any]:
        """Raises Fault for another machine's image."""
        try:
            index = json.loads((making / _LAYOUT / "index.json").read_text())
            stated = json.loads(_blob(making, index["manifests"][0]["digest"]).read_text())
            config = json.loads(_blob(making, stated["config"]["digest"]).read_text())
            run, processor = dict(config.get("config") or {}), config.get("architecture")
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as broken:
            raise Fault("IMAGE_UNREADABLE", f"{self.name} has no readable configuration: push it anew.") from broken
        if processor != PROCESSOR or config.get("os") != "linux":
            raise other_processor(str(self.name), f"{config.get('os')}/{processor}")
        return run

    def _lend_layers(self, making: Path, stated: Manifest) -> None:
        """Those that are here are not fetched again; umoci holds each against its digest."""
        blobs = making / _BLOBS
        blobs.mkdir(parents=True)
        for layer in stated.layers:
            kept = self.cache.layers(self.name) / layer.digest.removeprefix("sha256:")
            with contextlib.suppress(OSError):
                os.link(kept, blobs / kept.name, follow_symlinks=False)
                os.utime(kept)

    def _keep_layers(self, making: Path, stated: Manifest) -> None:
        """Where a program that was taken over left a link to another repository's layers, they stay that one's."""
        if (making / _BLOBS).resolve() != making.resolve() / _BLOBS:
            return
        folder = self.cache.layers(self.name)
        folder.mkdir(parents=True, exist_ok=True)
        for layer in stated.layers:
            blob = _blob(making, layer.digest)
            if blob.exists() and stat.S_ISREG(os.lstat(blob).st_mode):
                os.lchown(blob, os.getuid(), os.getgid())
                os.chmod(blob, 0o444)
                os.replace(blob, folder / blob.name)

    @contextlib.contextmanager
    def _alone(self, digest: str) -> Iterator[None]:
        """One fetches an image, the others wait for it. At make_whole's own lock they would be deaf to a stop."""
        locks = self.cache.folder / "locks"
        locks.mkdir(exist_ok=True)
        has_waited = False
        with (locks / digest.removeprefix("sha256:")).open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not has_waited:
                        self.say(f"{self.name} is being fetched by another instance, waiting for it")
                    has_waited = True
                    if self.should_stop():
                        raise Stopped from None
                    time.sleep(_WAIT_SECONDS)
            yield


def _blob(making: Path, digest: str) -> Path:
    """A file of the layout; the digest is a stranger's word."""
    return making / _BLOBS / Path(str(digest).removeprefix("sha256:")).name


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
