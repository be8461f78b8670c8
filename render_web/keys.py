"""Secret keys that are made once and kept in RENDER_HOME, readable by the owner only."""

import contextlib
import os
import secrets
from pathlib import Path


def kept_key(file: Path) -> str:
    """The key in `file`; made at the first call. Two processes starting at once get the same one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_text(secrets.token_urlsafe(48))
        draft.chmod(0o600)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)  # the first to link wins; never overwrites
        draft.unlink()
    return file.read_text().strip()
