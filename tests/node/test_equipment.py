"""What installs software beside the node's work ends with the node."""

import subprocess
import sys

from farm.node import equipment

DEAF = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def test_an_installer_that_does_not_listen_is_ended_all_the_same(monkeypatch):
    monkeypatch.setattr(equipment, "_END_SECONDS", 0.3)
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()

    equipment._end(process)

    assert process.poll() is not None
    process.stdout.close()
