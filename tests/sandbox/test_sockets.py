"""What a command may connect to, where it may have sockets at all."""

import pytest

pytestmark = pytest.mark.parametrize("tier", ["A"], indirect=True)
TRY = "import socket; print('made') if socket.socket({}) else None"


def test_sockets_are_for_those_that_may_connect(run):
    assert run(TRY.format("socket.AF_INET"), may_connect=True).said == "made"
    assert "PermissionError" in run(TRY.format("socket.AF_INET")).said


def test_even_then_none_of_the_kernels_own(run):
    for family in ("socket.AF_NETLINK, socket.SOCK_RAW", "socket.AF_VSOCK", "socket.AF_ALG, socket.SOCK_SEQPACKET"):
        assert "PermissionError" in run(TRY.format(family), may_connect=True).said, family


@pytest.mark.parametrize("family", ["AF_AX25", "AF_APPLETALK", "AF_X25"])
def test_even_then_none_of_the_old_networks(run, family):
    kind = "socket.SOCK_SEQPACKET" if family == "AF_X25" else "socket.SOCK_DGRAM"

    assert "PermissionError" in run(TRY.format(f"socket.{family}, {kind}"), may_connect=True).said


def test_sockets_of_files_and_of_ip_are_made(run):
    for family in ("AF_UNIX", "AF_INET", "AF_INET6"):
        assert run(TRY.format(f"socket.{family}"), may_connect=True).said == "made", family


def test_there_is_nobody_outside_to_connect_to(run):
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 5)"

    assert "Network is unreachable" in run(code, may_connect=True).said
