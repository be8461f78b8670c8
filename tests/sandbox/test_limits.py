"""What the sandbox lets a command use, and how it ends."""

import errno
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import sandbox

PROJECT = Path(__file__).resolve().parents[2]
WAIT = "print('here', flush=True); import time; time.sleep(600)"
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print('here', flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(600)
"""


def is_closed_within(process, seconds):
    """Nobody holds the output any more."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([process.stdout], [], [], left)
        if ready and not os.read(process.stdout.fileno(), 4096):
            return True
    return False


def test_a_memory_bomb_ends_and_the_machine_stays(run):
    ended = run("x = bytearray(6_000_000_000)", memory_mb=1024)

    assert "MemoryError" in ended.said


def test_a_file_larger_than_allowed_is_refused(run, job):
    code = "f = open('big', 'wb'); f.truncate(1000); f.write(b'x' * 2_000_000); f.flush()"

    ended = run(code, file_mb=1)

    assert os.strerror(errno.EFBIG) in ended.said
    assert (job / "big").stat().st_size <= 1_048_576


def test_a_thread_bomb_meets_its_limit(run):
    code = """
import threading
hold = threading.Event()
count = 0
try:
    for count in range(5000):
        threading.Thread(target=hold.wait, daemon=True).start()
except RuntimeError:
    pass
print(count, flush=True)
__import__('os')._exit(0)
"""
    assert int(run(code, threads=100).said) < 200


def test_a_process_that_hides_from_the_end_is_ended(start):
    process = start(DAEMON, may_fork=True)
    assert process.stdout.readline() == b"here\n"

    sandbox.end(process)

    assert is_closed_within(process, seconds=2)


def test_a_process_left_behind_ends_with_the_command(start):
    process = start(DAEMON.replace("time.sleep(600)\n", "pass\n", 1).rpartition("time.sleep")[0], may_fork=True)

    process.wait(timeout=10)

    assert is_closed_within(process, seconds=2)


def test_the_cage_ends_when_its_starter_is_killed(tier, tmp_path):
    program = f"""
import pathlib, sys
sys.path.insert(0, {str(PROJECT)!r})
import sandbox
python = pathlib.Path(sys.executable)
sandbox.launch([str(python), "-I", "-S", "-c", {WAIT!r}], job=pathlib.Path({str(tmp_path)!r}),
    read_only=sandbox.interpreter_folders(python), environment={{}}, limits=sandbox.Limits(),
    tier=sandbox.Tier({tier.value!r})).wait()
"""
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert starter.stdout.readline() == b"here\n"

    starter.kill()

    assert is_closed_within(starter, seconds=2)
    starter.wait()
    starter.stdout.close()


def test_the_cage_lives_on_when_the_thread_that_started_it_ends(start):
    started = []

    def start_and_end():
        started.append(start(WAIT))
        started[0].stdout.readline()

    thread = threading.Thread(target=start_and_end)
    thread.start()
    thread.join()

    with pytest.raises(subprocess.TimeoutExpired):
        started[0].wait(timeout=1)


def test_the_exit_code_and_the_signal_come_out(run):
    assert run("raise SystemExit(7)").exit_code == 7
    assert sandbox.signal_of(run("import os; os.kill(os.getpid(), 11)").exit_code) == signal.SIGSEGV


def test_what_the_command_wrote_is_ours_to_read(run, job):
    run("import os; os.mkdir('passes'); open('passes/0001.png', 'w').write('picture')")

    assert (job / "passes" / "0001.png").read_text() == "picture"


def test_the_job_folder_is_named_as_the_command_sees_it(run, job, tier):
    assert run("import os; print(os.getcwd())").said == sandbox.job_path(job, tier)
