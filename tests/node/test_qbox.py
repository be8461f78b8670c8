"""The Q.Box that a node runs beside itself."""

from farm.node import qbox


def test_a_machine_without_room_for_the_qbox_says_so_and_tries_again(monkeypatch, caplog):
    """The node's heartbeat looks after it: what broke here would make the machine silent."""
    started = []

    def start(command, **_):
        started.append(command)
        if len(started) > 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return Ended()

    monkeypatch.setattr(qbox.subprocess, "Popen", start)
    monkeypatch.setattr(qbox, "_AGAIN_SECONDS", -1.0)
    companion = qbox.Companion("home", "node-1")

    with companion.running():
        companion.look()
        companion.look()

    assert len(started) == 3
    assert "the Q.Box could not be started" in caplog.text


class Ended:
    def poll(self):
        return 1

    def terminate(self):
        pass

    def wait(self, seconds=None):
        return 1
