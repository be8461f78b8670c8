"""What a machine keeps of the images it fetched: who may have it, and what leaves when there is no room."""

import os
import threading
from types import SimpleNamespace

import pytest

from farm.engines.docker_batch import image_cache
from farm.engines.docker_batch.faults import Fault, Stopped
from farm.engines.docker_batch.image_cache import ImageCache
from farm.engines.docker_batch.image_name import ImageName
from farm.engines.docker_batch.manifest import Layer, Manifest
from farm.engines.docker_batch.pulling import Login, Pull
from tests import registry as images

STUDIO = Login(images.LOGIN, images.PASSWORD)


def test_a_second_order_fetches_nothing_and_asks_all_the_same(open_registry, pull):
    open_registry.push(images.busybox(images.file("etc/second")), "second")
    pull(open_registry, "second")
    fetched, asked = open_registry.pulled_blobs("second"), open_registry.log.read_text().count("/v2/second/manifests/")

    _, said = pull(open_registry, "second")

    assert open_registry.pulled_blobs("second") == fetched
    assert open_registry.log.read_text().count("/v2/second/manifests/") > asked
    assert "is kept on this machine" in said[-1]


def test_two_orders_at_once_fetch_it_once(open_registry, pull):
    open_registry.push(images.busybox(images.file("etc/at-once")), "at-once")
    answers = []
    orders = [threading.Thread(target=lambda: answers.append(pull(open_registry, "at-once"))) for _ in range(3)]

    for order in orders:
        order.start()
    for order in orders:
        order.join()

    assert len({image.root for image, _ in answers}) == 1
    assert sum("is here" in line for _, said in answers for line in said) == 1


def test_what_one_login_fetched_is_not_there_for_who_has_none(private_registry, pull):
    private_registry.push(images.busybox(), "charlie/film")
    pull(private_registry, "charlie/film", login=STUDIO)

    with pytest.raises(Fault) as none:
        pull(private_registry, "charlie/film")
    with pytest.raises(Fault) as wrong:
        pull(private_registry, "charlie/film", login=Login("studio", "guessed"))

    assert (none.value.code, wrong.value.code) == ("REGISTRY_DENIED", "REGISTRY_DENIED")
    assert "guessed" not in str(wrong.value)


def test_another_registry_cannot_name_the_layers_of_a_private_image(open_registry, private_registry, pull, cache):
    """The same digest elsewhere is fetched from there: knowing a digest opens nothing."""
    image = images.busybox(images.file("etc/secret", b"of charlie"))
    private_registry.push(image, "charlie/secret")
    digest = open_registry.push(image, "alice/same")
    pull(private_registry, "charlie/secret", login=STUDIO)
    before = open_registry.pulled_blobs("alice/same")

    pull(open_registry, "alice/same", digest)

    assert open_registry.pulled_blobs("alice/same") - before == len(image.layers) + 1


def test_a_link_to_another_repositorys_layers_brings_none_of_them(cache, tmp_path):
    mine, theirs = ImageName("registry", "mine", "latest"), ImageName("registry", "theirs", "latest")
    layer = Layer(f"sha256:{7:064x}", 1)
    cache.layers(theirs).mkdir(parents=True)
    kept = cache.layers(theirs) / layer.digest.removeprefix("sha256:")
    kept.write_bytes(b"secret")
    (tmp_path / "making/layout/blobs").mkdir(parents=True)
    (tmp_path / "making/layout/blobs/sha256").symlink_to(cache.layers(theirs))

    order = Pull(mine, Login("", ""), cache, None, 50, frozenset(), print, lambda: False)
    order._keep_layers(tmp_path / "making", Manifest("sha256:0", (layer,)))

    assert kept.read_bytes() == b"secret"
    assert not cache.layers(mine).exists()


def test_the_password_is_left_nowhere(private_registry, pull, cache):
    private_registry.push(images.busybox(), "charlie/login")

    _, said = pull(private_registry, "charlie/login", login=STUDIO)

    kept = [path for path in cache.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert images.PASSWORD not in "".join(said)
    assert not [path for path in kept if b"login.json" in path.name.encode() or b"c3R1ZGlv" in path.read_bytes()]


def test_what_was_not_used_for_longest_leaves_when_there_is_no_more_room(open_registry, pull, tmp_path):
    small = ImageCache(tmp_path / "small", most_mb=12)
    places = []
    for number in range(3):
        open_registry.push(images.busybox(images.file("data", os.urandom(1_000_000))), f"large-{number}")
        image, _ = pull(open_registry, f"large-{number}", cache=small)
        places.append(image.root)
        image.close()

    assert [places[0].exists(), places[-1].exists()] == [False, True]


def test_an_image_in_use_is_not_thrown_away(open_registry, pull, tmp_path):
    small = ImageCache(tmp_path / "small", most_mb=8)
    open_registry.push(images.busybox(images.file("data", os.urandom(1_000_000))), "used")
    open_registry.push(images.busybox(images.file("data", os.urandom(1_000_000))), "other")
    used, _ = pull(open_registry, "used", cache=small)

    pull(open_registry, "other", cache=small)

    assert (used.root / "bin" / "busybox").exists()


def test_a_full_disk_is_told_after_all_that_is_not_in_use_has_left(open_registry, pull, cache, monkeypatch):
    open_registry.push(images.busybox(), "full")
    kept, _ = pull(open_registry, "full")
    kept.close()
    monkeypatch.setattr(image_cache.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1024**3 + 5_000_000))

    with pytest.raises(Fault, match="needs 95 MB of disk on this machine and 4 MB are free") as fault:
        cache.make_room(100_000_000)

    assert fault.value.code == "DISK_FULL"
    assert not kept.root.exists()


def test_what_a_killed_node_left_is_cleared_away(cache):
    left = cache.folder / "asking-abc"
    left.mkdir(parents=True)
    (left / "login.json").write_text("hush")
    os.utime(left, (0, 0))

    cache.make_room()

    assert not left.exists()


def test_a_pull_can_be_stopped_and_leaves_nothing(open_registry, pull, cache):
    open_registry.push(images.busybox(images.file("etc/stopped")), "stopped")
    looks = iter([False])

    with pytest.raises(Stopped):
        pull(open_registry, "stopped", should_stop=lambda: next(looks, True))

    assert not list(cache.folder.glob("images/*/[!.]*"))
    assert not [path for path in cache.folder.iterdir() if path.name.startswith("asking")]
