"""`make run`'s half after the set-up: what is printed, kept, refused, and left behind."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from tests import stack as real_stack
from tests.stack import PROJECT, environment_of, three_free_ports, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A stack of this module's own: it is ended and killed here."""
    running = real_stack.start(tmp_path_factory.mktemp("home"), RENDER_ADMIN_EMAIL="boss@example.org")
    yield running
    running.stop()


def test_the_first_start_prints_address_e_mail_and_password_once(own):
    printed = wait_until(lambda: "Ctrl-C" in own.printed.read_text() and own.printed.read_text(), 10)

    assert own.url in printed
    assert "boss@example.org" in printed
    assert printed.count("password") == 1


def test_health_says_that_every_part_answers(own):
    assert own.health() == {"ok": True, "parts": dict.fromkeys(own.health()["parts"], "ok")}


def test_ctrl_c_leaves_no_process_behind_and_a_second_start_keeps_everything(own):
    processes = psutil.Process(own.process.pid).children(recursive=True)
    own.manage("account", "create", "alice@example.org", stdin="a long enough pass phrase\n")

    own.stop()

    _gone, alive = psutil.wait_procs(processes, timeout=10)
    assert [process.cmdline() for process in alive] == []
    assert left_behind(own.home) == []
    started = time.monotonic()
    again = real_stack.start(own.home, own.port)
    own.process, own.printed = again.process, again.printed
    assert time.monotonic() - started < 30
    assert "password" not in again.printed.read_text()
    assert len(again.manage("account", "token", "alice@example.org", "kept")) > 40


def test_a_process_that_dies_ends_the_stack_with_its_last_lines(own):
    beat = next(process for process, command in running(own) if "beat" in command)

    os.kill(beat.pid, signal.SIGKILL)

    assert own.process.wait(timeout=30) != 0
    assert "The process “beat” ended by itself" in own.printed.read_text()
    assert left_behind(own.home) == []


def test_a_taken_port_is_one_line_that_says_what_to_do(tmp_path):
    port = three_free_ports()
    with socket.create_server(("127.0.0.1", port)):
        said = up(tmp_path, port)

    assert said.splitlines() == [
        f"CommandError: Port {port} (the pages) is taken by another program: "
        "end that one, or choose another with PORT=…"
    ]


def running(stack) -> list[tuple[psutil.Process, list[str]]]:
    """The stack's processes with their command lines; one that ends meanwhile is left out."""
    found = []
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append((process, process.cmdline()))
    return found


def up(home, port) -> str:
    """What a start that is refused prints."""
    command = [sys.executable, str(PROJECT / "manage.py"), "up"]
    refused = subprocess.run(command, env=environment_of(home, port), capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1
    return refused.stderr.strip()


def left_behind(home) -> list[list[str]]:
    """Command lines of processes that still work over `home`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("RENDER_HOME") == str(home):
                found.append(process.cmdline())
        except psutil.Error:
            continue
    return found
