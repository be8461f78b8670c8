"""Installs the software a machine lacks, beside its work: it takes instances from its first renderer on."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from django.conf import settings

from farm.engines import profiles

_NICENESS = 10
_END_SECONDS = 5.0


@contextlib.contextmanager
def installing() -> Iterator[None]:
    """While inside, a process of its own installs what is missing; the heartbeat tells of each as it is there.

    What it has not finished at the end is begun anew by the next one (farm.engines.whole_folder).
    """
    if not settings.NODE_INSTALLS or all(profile.is_installed for profile in profiles.all_profiles().values()):
        yield
        return
    manage = str(settings.BASE_DIR / "manage.py")
    command = ["nice", "-n", str(_NICENESS), sys.executable, manage, "engine", "install", "--all"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """With the package manager it runs."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
            return
