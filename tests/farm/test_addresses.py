"""Where the farm connects to for a stranger."""

import pytest

from farm.addresses import is_named, is_public


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1%eth0", "64:ff9b::7f00:1"],
)
def test_others_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("entry", "host", "address", "port"),
    [
        ("licences.lan:27000", "Licences.LAN", "10.0.0.5", 27000),
        ("10.0.0.5:27000", "licences.lan", "10.0.0.5", 27000),
        ("10.0.0.0/24:27000", "licences.lan", "10.0.0.77", 27000),
        ("[fd00::/8]:27000", "licences.lan", "fd00::5", 27000),
        ("127.0.0.1:27000", "localhost", "127.0.0.1", 27000),
        ("10.0.0.0/24:27000", "licences.lan", "::ffff:10.0.0.77", 27000),
    ],
)
def test_what_the_operator_names_is_named(entry, host, address, port):
    assert is_named(host, address, port, [entry])


@pytest.mark.parametrize(
    ("entry", "address", "port"),
    [
        ("10.0.0.0/24:27000", "10.0.0.77", 6379),
        ("10.0.0.0/24:27000", "10.0.1.77", 27000),
        ("10.0.0.0/24", "10.0.0.77", 27000),
        ("0.0.0.0/0:27000", "127.0.0.1", 27000),
        ("0.0.0.0/0:80", "169.254.169.254", 80),
        ("::/0:80", "::1", 80),
    ],
)
def test_another_port_another_network_and_the_machine_itself_are_not(entry, address, port):
    assert not is_named("licences.lan", address, port, [entry])
