"""A caged command that may reach one address outside, and nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

import sandbox

PYTHON = Path(sys.executable)
PORT = 27000
ASK = f"import socket; c = socket.create_connection(('127.0.0.1', {PORT}), 5); c.sendall(b'seat\\n')"


@pytest.fixture(autouse=True)
def tier():
    try:
        sandbox.attack(sandbox.Tier.A)
    except Exception as reason:
        pytest.skip(f"no tier A here: {reason}")


class LicenceServer:
    """Grants whatever it is asked for in a line, and says so after the client's last word."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.connections = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._grant, args=(connection,), daemon=True).start()

    def _grant(self, connection):
        with connection.makefile("rwb") as lines:
            for line in lines:
                lines.write(b"granted " + line)
                lines.flush()
            lines.write(b"bye\n")
        connection.close()


@pytest.fixture
def server():
    server = LicenceServer()
    yield server
    server.listener.close()


@pytest.fixture
def start(job, server):
    """Starts Python code in a cage with a relay to the server; whatever still runs is ended with the test."""
    started = []

    def start(code, *arguments, relay=None):
        relay = relay or sandbox.Relay(PORT, socket.AF_INET, server.address)
        process = sandbox.launch(
            [str(PYTHON), "-I", "-S", "-c", code, *map(str, arguments)],
            job=job,
            read_only=sandbox.interpreter_folders(PYTHON),
            environment={},
            limits=sandbox.Limits(),
            tier=sandbox.Tier.A,
            relay=relay,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        sandbox.end(process)


@pytest.fixture
def said_by(start):
    """What the code prints, run to its end."""
    return lambda *given, **options: start(*given, **options).communicate(timeout=60)[0].decode().strip()


def test_the_command_reaches_its_licence_server(said_by):
    assert said_by(f"{ASK}; print(c.recv(100).decode())") == "granted seat"


def test_the_port_may_be_one_that_only_root_can_listen_on(said_by, server):
    relay = sandbox.Relay(443, socket.AF_INET, server.address)

    assert said_by(f"{ASK.replace(str(PORT), '443')}; print(c.recv(100).decode())", relay=relay) == "granted seat"


def test_a_side_that_has_said_its_last_word_still_hears_the_other(said_by):
    code = f"{ASK}; c.shutdown(socket.SHUT_WR); print(b''.join(iter(lambda: c.recv(100), b'')).decode())"

    assert said_by(code) == "granted seat\nbye"


def test_much_goes_through_both_ways(said_by):
    code = f"""
import socket, threading
c = socket.create_connection(('127.0.0.1', {PORT}), 5)
def send():
    for _ in range(200): c.sendall(b'x' * 9999 + b'\\n')
    c.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
print(sum(map(len, iter(lambda: c.recv(65536), b''))))
"""
    assert said_by(code) == str(200 * (10_000 + len("granted ")) + len("bye\n"))


REACHES = """
import socket, sys
def reached(act):
    try: act()
    except OSError as refused: return type(refused).__name__
    return "reached"
host, port = sys.argv[1], int(sys.argv[2])
"""


def test_no_other_port_no_other_address_and_not_the_servers_own(said_by, server):
    outside = socket.create_server(("127.0.0.1", 0))
    code = REACHES + "print(reached(lambda: socket.create_connection((host, port), 3)))"

    answers = {
        where: said_by(code, *where)
        for where in (
            server.address,  # on the machine's own loopback
            outside.getsockname(),
            ("192.0.2.1", PORT),
            ("169.254.169.254", 80),
            ("2001:db8::1", PORT),
            ("::1", PORT),
        )
    }

    assert set(answers.values()) <= {"ConnectionRefusedError", "OSError"}, answers
    assert server.connections == []
    outside.close()


def test_no_datagram_and_no_name(said_by):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.bind(("127.0.0.1", 0))
        outside.settimeout(0.3)
        code = REACHES + (
            "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "print(reached(lambda: u.sendto(b'x', ('192.0.2.1', 53))))\n"
            "print(reached(lambda: socket.getaddrinfo('localhost.example', 80)))\n"
            "reached(lambda: u.sendto(b'x', (host, port)))"
        )

        assert said_by(code, *outside.getsockname()) == "OSError\ngaierror"
        with pytest.raises(TimeoutError):
            outside.recv(10)


def test_nobody_outside_is_reached_by_a_socket_without_a_file(said_by):
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(b"\0of-the-machine-%d" % os.getpid())
        outside.listen()
        code = (
            REACHES
            + f"print(reached(lambda: socket.socket(socket.AF_UNIX).connect('\\0of-the-machine-{os.getpid()}')))"
        )

        assert said_by(code, "", 0) == "ConnectionRefusedError"


def test_without_a_relay_there_are_no_sockets_at_all(job):
    process = sandbox.launch(
        [str(PYTHON), "-I", "-S", "-c", ASK],
        job=job,
        read_only=sandbox.interpreter_folders(PYTHON),
        environment={},
        limits=sandbox.Limits(),
        tier=sandbox.Tier.A,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert b"PermissionError" in process.communicate(timeout=30)[0]


def test_a_server_that_does_not_answer_is_a_connection_that_ends(said_by):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = sandbox.Relay(PORT, socket.AF_INET, closed.getsockname())

    code = f"{ASK}\ntry: print(c.recv(100))\nexcept OSError: print('reset')"
    assert said_by(code, relay=nobody) in ("b''", "reset")


def test_the_server_sees_the_end_of_a_command_that_is_killed(start, server):
    process = start(f"{ASK}; print(c.recv(100), flush=True); c.recv(1)")
    process.stdout.readline()

    process.kill()

    _until(lambda: server.connections[0].fileno() == -1)


def test_nothing_of_the_relay_is_left_when_the_command_has_ended(said_by):
    said_by(f"{ASK}; print(c.recv(100))")

    _until(lambda: not [one for one in threading.enumerate() if one.name.startswith("relay")])


def test_a_command_whose_relay_can_not_be_made_is_not_run(start, job, server):
    code = "open('ran', 'w')"

    with pytest.raises(sandbox.NoRelay, match="could not be made"):
        start(code, relay=sandbox.Relay(70_000, socket.AF_INET, server.address))
    assert list(job.iterdir()) == []


def test_the_other_tiers_have_no_relay(job, server):
    with pytest.raises(sandbox.NoRelay, match="tier B"):
        sandbox.launch(
            [str(PYTHON)],
            job=job,
            read_only=[],
            environment={},
            limits=sandbox.Limits(),
            tier=sandbox.Tier.B,
            relay=sandbox.Relay(PORT, socket.AF_INET, server.address),
        )


@pytest.mark.skipif(os.getuid() != 0, reason="every other test here is that of an ordinary user")
def test_an_ordinary_user_has_it_too(server):
    """Its cage has a user namespace, which the listener's maker enters first."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("no Python here that every user can read")
    with tempfile.TemporaryDirectory(prefix="render-web-") as folder:
        shutil.copytree(
            Path(sandbox.__file__).parent, f"{folder}/sandbox", ignore=shutil.ignore_patterns("__pycache__")
        )
        (Path(folder) / "job").mkdir()
        subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
        code = f"""
import socket, subprocess, sandbox
from pathlib import Path
python = Path({python!r})
process = sandbox.launch([str(python), "-I", "-S", "-c", {f"{ASK}; print(c.recv(100).decode())"!r}],
    job=Path("job"), read_only=sandbox.interpreter_folders(python), environment={{}}, limits=sandbox.Limits(),
    tier=sandbox.Tier.A, relay=sandbox.Relay({PORT}, socket.AF_INET, {server.address!r}), stdout=subprocess.PIPE)
print(process.communicate(timeout=30)[0].decode())
"""
        as_nobody = ["setpriv", "--reuid", "61234", "--regid", "61234", "--clear-groups", python, "-B", "-c", code]
        ended = subprocess.run(as_nobody, cwd=folder, capture_output=True, text=True, timeout=60)

    if "namespace" in ended.stderr or "setting up uid map" in ended.stderr:
        pytest.skip(f"no user namespaces here: {ended.stderr}")
    assert ended.stdout.strip() == "granted seat", ended.stderr


def _until(holds):
    ended = threading.Event()
    for _ in range(100):
        if holds():
            return
        ended.wait(0.1)
    raise AssertionError("not within 10 s")
