"""The source distribution of the installed `qarnot`, with its own tests; fetched by pip, nothing of it is committed."""

import os
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path


def folder() -> Path:
    """Unpacked, kept between runs. Raises CalledProcessError where pip can't fetch it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "render-web" / "sdk"
    name = f"qarnot-{version('qarnot')}"
    if not (cache / name).is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fetched:
            _fetch(Path(fetched), name)
            os.rename(Path(fetched) / name, cache / name)
    return cache / name


def _fetch(into: Path, name: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--progress-bar", "off", "--disable-pip-version-check"]
    only_source = ["--no-deps", "--no-binary", ":all:", "-d", str(into), name.replace("-", "==")]
    subprocess.run([*pip, *only_source], check=True, timeout=300, capture_output=True)
    with tarfile.open(into / f"{name}.tar.gz") as archive:
        archive.extractall(into, filter="data")
