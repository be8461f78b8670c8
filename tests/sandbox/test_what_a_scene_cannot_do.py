"""Hostile code inside the sandbox, in both tiers."""

import os
import select
import socket
import subprocess
import sys

import pytest

TRY = """
import sys
try:
    {}
except OSError as refusal:
    print("refused")
else:
    print("done")
"""


def test_a_file_outside_cannot_be_read(run, tmp_path):
    (tmp_path / "token").write_text("secret")

    ended = run(TRY.format("print(open(sys.argv[1]).read())"), tmp_path / "token")

    assert ended.said == "refused"


def test_the_accounts_of_the_machine_cannot_be_read(run):
    assert run(TRY.format("print(open('/etc/passwd').read())")).said == "refused"


def test_a_link_out_of_the_job_folder_leads_nowhere(run, job, tmp_path):
    (tmp_path / "token").write_text("secret")
    (job / "texture.png").symlink_to(tmp_path / "token")

    assert run(TRY.format("print(open('texture.png').read())")).said == "refused"


def test_nothing_is_written_outside(run, tmp_path):
    ended = run(TRY.format("open(sys.argv[1], 'w')"), tmp_path / "left")

    assert ended.said == "refused"
    assert not (tmp_path / "left").exists()


def test_what_it_may_read_it_cannot_write(run):
    assert run(TRY.format("open(sys.executable, 'ab')")).said == "refused"


def test_a_file_with_a_second_name_outside_is_not_changed(run, job, tmp_path):
    (tmp_path / "cached").write_text("texture of all")
    os.link(tmp_path / "cached", job / "texture")
    if os.getuid() != 0:
        pytest.skip("an ordinary user owns both names: staging has to copy")

    ended = run(TRY.format("print(open('texture').read()); open('texture', 'w')"))

    assert ended.said == "texture of all\nrefused"
    assert (tmp_path / "cached").read_text() == "texture of all"


def test_nobody_is_reached_over_the_network(run, tmp_path):
    code = """
import socket, sys
for family, address in ((socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))), (socket.AF_UNIX, sys.argv[2])):
    try:
        socket.socket(family).connect(address)
    except OSError as refusal:
        print("refused")
"""
    with socket.socket() as internet, socket.socket(socket.AF_UNIX) as local:
        internet.bind(("127.0.0.1", 0))
        local.bind(str(tmp_path / "socket"))
        internet.listen()
        local.listen()

        ended = run(code, internet.getsockname()[1], tmp_path / "socket")

        assert ended.said == "refused\nrefused"
        assert select.select([internet, local], [], [], 0) == ([], [], [])


def test_a_process_outside_cannot_be_signalled(run):
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        run("import os, sys; os.kill(int(sys.argv[1]), 9)", victim.pid)

        assert victim.poll() is None
    finally:
        victim.kill()
        victim.communicate()


def test_our_environment_is_not_in_any_process_it_sees(run, monkeypatch):
    monkeypatch.setenv("RENDER_SECRET", "canary-4711")
    code = """
import glob, os
print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + ["/proc/1/environ"]:
    try:
        print(open(path).read())
    except OSError:
        pass
"""
    assert "canary-4711" not in run(code).said


def test_it_is_not_root(run):
    assert int(run("import os; print(os.getuid())").said) != 0


def test_it_starts_no_process(run):
    assert run(TRY.format("__import__('os').fork()")).said == "refused"


def test_it_starts_threads(run):
    code = "import threading; t = threading.Thread(target=print, args=('done',)); t.start(); t.join()"

    assert run(code).said == "done"


def test_a_device_cannot_be_made_and_a_pipe_is_harmless(run, tier):
    if tier == "A":
        assert run(TRY.format("os.mkfifo('pipe')").replace("import sys", "import os, sys")).said == "done"
    device = "os.mknod('disk', 0o060666, os.makedev(8, 0))"

    assert run(TRY.format(device).replace("import sys", "import os, sys")).said == "refused"
