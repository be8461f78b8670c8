"""An image on its way from a registry onto this machine: how it is laid out, and what a hostile one can do."""

import http.server
import json
import os
import socket
import stat
import threading

import pytest

from farm.engines.docker_batch.faults import Fault
from farm.engines.docker_batch.manifest import PROCESSOR, digest_for_this_machine, manifest
from tests import registry as images
from tests.stores import free_ports


def paths(root):
    return {os.path.relpath(os.path.join(parent, name), root) for parent, _, names in os.walk(root) for name in names}


def code_of(fault):
    return fault.value.code


def test_the_image_is_unpacked_with_its_layers_one_over_the_other(open_registry, pull):
    gone = images.file("etc/.wh.passwd")
    open_registry.push(images.busybox(images.file("etc/mine", b"yes"), gone, folder="/etc"), "layered")

    image, _ = pull(open_registry, "layered")

    assert (image.root / "etc" / "mine").read_text() == "yes"
    assert not (image.root / "etc" / "passwd").exists()
    assert not [path for path in paths(image.root) if ".wh." in path]
    assert image.config["WorkingDir"] == "/etc"


def test_a_hostile_image_leaves_nothing_that_could_harm(open_registry, pull, tmp_path):
    members = [
        images.file("bin/su", b"#!/bin/sh\n", 0o6755),
        images.file("etc/ld.so.preload", b"/job/evil.so"),
        images.device("dev/disk", 8, 0),
        images.pipe("dev/pipe"),
        images.privileged("bin/ping"),
        images.link("outside", str(tmp_path)),
        images.link("job", "/etc"),
        images.file("closed", b"x", 0o000),
        images.folder("closed-folder", 0o000),
    ]
    open_registry.push(images.busybox(*members), "hostile")

    image, _ = pull(open_registry, "hostile")

    kinds = {path: os.lstat(image.root / path).st_mode for path in paths(image.root)}
    assert not [path for path, mode in kinds.items() if mode & (stat.S_ISUID | stat.S_ISGID) and stat.S_ISREG(mode)]
    assert not [path for path, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))]
    assert "etc/ld.so.preload" not in kinds
    assert kinds["closed"] & 0o444 == 0o444
    assert os.lstat(image.root / "closed-folder").st_mode & 0o555 == 0o555
    assert {os.lstat(image.root / path).st_uid for path in kinds} == {os.getuid()}


def test_a_layer_that_climbs_out_or_goes_through_a_link_writes_nothing_outside(open_registry, pull, tmp_path):
    climbing = images.layer(images.file("../../../../../../../../tmp/climbed-out-of-an-image", b"x"))
    through = images.layer(images.link("way", str(tmp_path)))
    behind = images.layer(images.file("way/left-by-an-image", b"x"))
    image = images.busybox()
    image.layers += [climbing, through, behind]
    open_registry.push(image, "climbing")

    pull(open_registry, "climbing")

    assert not os.path.exists("/tmp/climbed-out-of-an-image")
    assert not (tmp_path / "left-by-an-image").exists()


def test_an_image_larger_than_allowed_is_refused_before_and_after_unpacking(open_registry, pull):
    open_registry.push(images.busybox(images.file("data", os.urandom(4_000_000))), "too-large")
    open_registry.push(images.busybox(images.file("zeros", bytes(60_000_000))), "a-bomb")

    with pytest.raises(Fault) as fetched:
        pull(open_registry, "too-large", most_mb=3)
    with pytest.raises(Fault) as unpacked:
        pull(open_registry, "a-bomb", most_mb=20)

    assert (code_of(fetched), code_of(unpacked)) == ("IMAGE_TOO_LARGE", "IMAGE_TOO_LARGE")


def test_an_image_for_another_processor_is_refused(open_registry, pull):
    open_registry.push(images.busybox(architecture="s390x"), "foreign")

    with pytest.raises(Fault, match="made for linux/s390x") as fault:
        pull(open_registry, "foreign")

    assert code_of(fault) == "IMAGE_OTHER_PROCESSOR"


def test_what_is_not_there_is_told(open_registry, pull):
    open_registry.push(images.busybox(), "there")

    for repository, version in (("there", "no-such-tag"), ("not-there", "latest")):
        with pytest.raises(Fault) as fault:
            pull(open_registry, repository, version)
        assert code_of(fault) == "IMAGE_UNKNOWN"


def test_a_registry_that_does_not_answer_is_told(pull):
    with pytest.raises(Fault, match="does not answer") as fault:
        pull(f"127.0.0.1:{free_ports(1)[0]}", "anything")

    assert code_of(fault) == "REGISTRY_UNREACHABLE"


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "10.0.0.1:5000", "169.254.169.254", "192.168.1.1", "0.0.0.0:80"])
def test_the_farms_own_network_is_not_asked_unless_the_operator_says_so(pull, host):
    with pytest.raises(Fault, match="REGISTRIES_INSIDE") as fault:
        pull(host, "anything", inside=[])

    assert code_of(fault) == "REGISTRY_REFUSED"


class Misleading(http.server.BaseHTTPRequestHandler):
    """A registry that sends whoever asks to the farm's own network."""

    def do_GET(self):
        self.send_response(401 if self.path == "/v2/" else 307)
        self.send_header("WWW-Authenticate", f'Bearer realm="{self.server.leads_to}/token",service="x"')
        self.send_header("Location", f"{self.server.leads_to}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1"])
def test_a_registry_leads_nobody_into_the_farms_own_network(pull, host):
    """skopeo itself follows a redirect to the loopback without asking a proxy; its loopback is an empty one."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Misleading) as registry, socket.socket() as victim:
        victim.bind(("127.0.0.1", 0))
        victim.listen()
        victim.setblocking(False)
        registry.leads_to = f"http://{host}:{victim.getsockname()[1]}"
        threading.Thread(target=registry.serve_forever, daemon=True).start()

        with pytest.raises(Fault):
            pull(f"127.0.0.1:{registry.server_address[1]}", "anything")
        registry.shutdown()

        with pytest.raises(BlockingIOError):
            victim.accept()


@pytest.mark.parametrize("digest", ["sha256:../../../../../etc/shadow", "../../x", "sha512:00", 7, None])
def test_a_digest_that_is_no_digest_becomes_no_file(digest):
    layers = json.dumps({"layers": [{"digest": digest, "size": 1}]}).encode()
    builds = [{"digest": digest, "platform": {"os": "linux", "architecture": PROCESSOR}}]

    for read, raw in ((manifest, layers), (digest_for_this_machine, json.dumps({"manifests": builds}).encode())):
        with pytest.raises(Fault) as fault:
            read(raw, "evil")
        assert code_of(fault) == "IMAGE_UNREADABLE"


def test_of_several_builds_the_one_for_this_processor_is_taken():
    builds = [
        {"digest": f"sha256:{number:064x}", "platform": {"os": "linux", "architecture": architecture}}
        for number, architecture in enumerate(["s390x", PROCESSOR, "unknown"])
    ]

    assert digest_for_this_machine(json.dumps({"manifests": builds}).encode(), "many") == f"sha256:{1:064x}"
    with pytest.raises(Fault, match="made for linux/s390x, and this machine"):
        digest_for_this_machine(json.dumps({"manifests": builds[:1]}).encode(), "many")


def test_an_archive_that_is_broken_is_told(open_registry, pull):
    image = images.busybox()
    image.layers[0] = image.layers[0][: len(image.layers[0]) // 2]
    open_registry.push(image, "broken")

    with pytest.raises(Fault) as fault:
        pull(open_registry, "broken")

    assert code_of(fault) == "IMAGE_UNREADABLE"
