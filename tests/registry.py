"""Real Docker registries on loopback, one that is open and one behind a password, and small images to push to them.

The registry, skopeo and busybox are Debian's packages, unpacked without root beside the engines, once.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from farm.engines import debian_packages
from tests.stores import free_ports, running

PACKAGES = ("docker-registry", "skopeo", "umoci", "busybox-static")
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
LOGIN, PASSWORD = "studio", "open sesame 7"
_HASHED = "$2b$04$yexkXlb/G0sMmJPd7zG.teiiWtKsc2YZBhcXQaH6NzmI0.DYXY51q"
"""PASSWORD, as the registry wants it: bcrypt."""
_OCI = "application/vnd.oci.image"
APPLETS = (
    *("sh", "cat", "chmod", "cp", "dd", "echo", "env", "false", "grep", "head", "hostname", "id", "kill", "ls"),
    *("mkdir", "mount", "nc", "ps", "pwd", "rm", "seq", "sha256sum", "sleep", "stat", "sync", "touch", "true", "wget"),
)


def tools() -> debian_packages.Unpacked:
    folder = Path(settings.ENGINES_FOLDER).parent / "tools-of-tests"
    try:
        return debian_packages.unpack(PACKAGES, folder, lambda line: None)
    except debian_packages.UnpackingFailed as reason:
        pytest.skip(f"no registry here: {reason}")


@dataclass
class Image:
    """An image to be pushed; each of `layers` is a tar file."""

    layers: list[bytes]
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    environment: list[str] = field(default_factory=lambda: ["PATH=/bin"])
    folder: str = ""
    architecture: str = ARCHITECTURE

    def write(self, folder: Path) -> str:
        """As an OCI layout; the digest of its manifest."""
        (folder / "blobs" / "sha256").mkdir(parents=True)
        config = {
            "architecture": self.architecture,
            "os": "linux",
            "config": {
                "Entrypoint": self.entrypoint,
                "Cmd": self.command,
                "Env": self.environment,
                "WorkingDir": self.folder,
            },
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in self.layers]},
            "history": [{"created_by": "a test"} for _ in self.layers],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.manifest.v1+json",
            "config": _blob(folder, f"{_OCI}.config.v1+json", _json(config)),
            "layers": [
                _blob(folder, f"{_OCI}.layer.v1.tar+gzip", gzip.compress(layer, 1, mtime=0)) for layer in self.layers
            ],
        }
        described = _blob(folder, f"{_OCI}.manifest.v1+json", _json(manifest))
        named = {**described, "annotations": {"org.opencontainers.image.ref.name": "it"}}
        (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [named]}))
        (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
        return described["digest"]


def busybox(*extra: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes], **config) -> Image:
    """Half a megabyte with a shell; `extra` members come in a layer of their own."""
    program = tools().program("busybox").read_bytes()
    members = [folder("bin"), folder("etc"), folder("var"), folder("var/tmp"), file("bin/busybox", program, 0o755)]
    members += [link(f"bin/{name}", "busybox") for name in APPLETS]
    members += [file("etc/passwd", b"root:x:0:0::/:/bin/sh\nartist:x:1000:1000::/:/bin/sh\n")]
    return Image([layer(*members), *([layer(*extra)] if extra else [])], **config)


def layer(*members: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info, content = member if isinstance(member, tuple) else (member, b"")
            archive.addfile(info, io.BytesIO(content))
    return written.getvalue()


def file(name: str, content: bytes = b"", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    info = _member(name, tarfile.REGTYPE, mode)
    info.size = len(content)
    return info, content


def folder(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    return _member(name, tarfile.DIRTYPE, mode)


def link(name: str, target: str) -> tarfile.TarInfo:
    info = _member(name, tarfile.SYMTYPE, 0o777)
    info.linkname = target
    return info


def device(name: str, major: int, minor: int) -> tarfile.TarInfo:
    info = _member(name, tarfile.CHRTYPE, 0o666)
    info.devmajor, info.devminor = major, minor
    return info


def pipe(name: str) -> tarfile.TarInfo:
    return _member(name, tarfile.FIFOTYPE, 0o666)


def privileged(name: str) -> tuple[tarfile.TarInfo, bytes]:
    """A program with file capabilities, as of distributions' `ping`."""
    info, content = file(name, b"#!/bin/sh\n", 0o755)
    info.pax_headers = {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00 \x00\x00" + "\x00" * 12}
    return info, content


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = kind, mode
    return info


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _blob(folder: Path, kind: str, data: bytes) -> dict:
    digest = _digest(data)
    (folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).write_bytes(data)
    return {"mediaType": kind, "digest": digest, "size": len(data)}


@dataclass(frozen=True)
class Registry:
    """A running one. `log` holds a line for each request."""

    address: str
    log: Path
    is_private: bool = False

    def push(self, image: Image, name: str, tag: str = "latest") -> str:
        """The digest of the image's manifest."""
        with tempfile.TemporaryDirectory(prefix="render-web-image-") as folder:
            digest = image.write(Path(folder) / "layout")
            skopeo = tools()
            command = [skopeo.program("skopeo"), "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"]
            command += ["--dest-creds", f"{LOGIN}:{PASSWORD}"] if self.is_private else []
            command += [f"oci:{folder}/layout:it", f"docker://{self.address}/{name}:{tag}"]
            subprocess.run(command, env=os.environ | skopeo.environment(), check=True, timeout=60)
        return digest

    def pulled_blobs(self, name: str) -> int:
        """How often a layer or a configuration of the image was fetched so far."""
        return self.log.read_text().count(f'"GET /v2/{name}/blobs/')


@contextlib.contextmanager
def registry(folder: Path, port: int = 0, *, is_private: bool = False) -> Iterator[Registry]:
    """An empty one that keeps its images in `folder`; ends with the process that started it."""
    folder.mkdir(parents=True)
    port = port or free_ports(1)[0]
    configuration = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if is_private:
        (folder / "passwords").write_text(f"{LOGIN}:{_HASHED}\n")
        configuration["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "passwords")}}
    (folder / "registry.yml").write_text(json.dumps(configuration))
    command = [tools().program("docker-registry"), "serve", folder / "registry.yml"]
    log = folder / "registry.log"
    with running(command, f"http://127.0.0.1:{port}/v2/", {}, log):
        yield Registry(f"127.0.0.1:{port}", log, is_private)
