"""The folder of a Q.Box: bounded, the least recently used out, kept over a restart, nothing damaged served."""

import os

import pytest

from farm.qbox import cache as caches
from farm.qbox.cache import Cache, NoRoom
from tests.qbox.conftest import MB


@pytest.fixture
def film(alice, order, put_object):
    """`film("a", 3)`: a task of one scene of 3 MB."""

    def make(name, megabytes):
        resource = put_object(alice, f"of-{name}", f"{name}.blend", os.urandom(megabytes * MB))
        return order(alice, [1], resource_buckets=[resource])

    return make


@pytest.fixture
def fill(tmp_path):
    """`fill(cache, "a", 100)` puts an object of 100 bytes in."""

    def put(cache, letter, size):
        name = letter * 64
        with cache.room_for(size):
            cache.draft(name).write_bytes(b"x" * size)
            cache.keep(name, size, caches.checksum_of(cache.draft(name)))
        return name

    return put


@pytest.mark.django_db
def test_the_least_recently_used_leaves_and_the_bound_holds(film, start_qbox, stage):
    a, b, c = film("a", 4), film("b", 4), film("c", 4)

    with start_qbox(most_bytes=9 * MB) as qbox:
        for task in (a, b, a, c):
            stage(task, qbox)
        assert sum(path.stat().st_size for path in qbox.folder.iterdir()) == 8 * MB
        before = qbox.counts.download_count
        stage(a, qbox)
        assert qbox.counts.download_count == before
        stage(b, qbox)
        assert qbox.counts.download_count == before + 1


@pytest.mark.django_db
def test_an_object_larger_than_the_bound_is_staged_all_the_same(film, start_qbox, stage):
    with start_qbox(most_bytes=2 * MB) as qbox:
        staged = stage(film("large", 3), qbox)

        assert len(staged["large.blend"]) == 3 * MB
        assert list(qbox.folder.iterdir()) == []


@pytest.mark.django_db
def test_a_restart_keeps_what_is_there(film, start_qbox, stage):
    task = film("a", 3)
    with start_qbox() as qbox:
        first = stage(task, qbox)

    with start_qbox() as again:
        assert stage(task, again) == first
        assert (again.counts.download_count, again.counts.hit_count) == (0, 1)


@pytest.mark.django_db
def test_half_an_object_that_a_killed_one_left_is_cleared_away(start_qbox, tmp_path):
    with start_qbox() as qbox:
        draft = qbox.cache.draft("a" * 64)
    draft.write_bytes(b"half")

    with start_qbox() as again:
        assert list(again.folder.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["a bit", "its end"])
def test_a_file_damaged_while_nobody_looked_is_fetched_anew(film, start_qbox, stage, damage):
    task = film("a", 3)
    with start_qbox() as qbox:
        first = stage(task, qbox)
    (kept,) = qbox.folder.iterdir()
    with kept.open("r+b") as file:
        if damage == "a bit":
            file.seek(1_000_000)
            file.write(bytes([first["a.blend"][1_000_000] ^ 1]))
        else:
            file.truncate(2_000_000)

    with start_qbox() as again:
        assert stage(task, again, times=3) == [first] * 3
        assert again.counts.download_count == 1


@pytest.mark.django_db
@pytest.mark.parametrize("loss", ["its end", "all of it"])
def test_a_file_that_lost_bytes_under_a_running_one_is_fetched_anew(film, qbox, stage, loss):
    task = film("a", 3)
    first = stage(task, qbox)
    (kept,) = qbox.folder.iterdir()
    os.truncate(kept, 2_000_000) if loss == "its end" else kept.unlink()

    assert stage(task, qbox) == first
    assert qbox.counts.download_count == 2


def test_what_is_in_use_is_not_thrown_away(tmp_path, fill):
    cache = Cache(tmp_path / "qbox", 250)
    used, idle = fill(cache, "a", 100), fill(cache, "b", 100)

    with cache.in_use(cache.find(used, 100)), cache.in_use(cache.find(used, 100)):
        fill(cache, "c", 100)
        assert cache.find(used, 100) and not cache.find(idle, 100)
        with pytest.raises(NoRoom), cache.room_for(200):
            pass


def test_what_is_on_its_way_counts(tmp_path, fill):
    cache = Cache(tmp_path / "qbox", 250)

    with cache.room_for(200):
        assert cache.used_bytes == 200
        with pytest.raises(NoRoom), cache.room_for(100):
            pass


def test_the_order_of_use_outlives_a_restart(tmp_path, fill):
    cache = Cache(tmp_path / "qbox", 250)
    a, b = fill(cache, "a", 100), fill(cache, "b", 100)
    os.utime(cache.find(b, 100).path, (1, 1))

    again = Cache(tmp_path / "qbox", 250)
    fill(again, "c", 100)

    assert again.find(a, 100) and not again.find(b, 100)


@pytest.mark.parametrize(
    ("free", "used", "capacity"),
    [
        (1000 * 2**30, 0, 20 * 2**30),
        (30 * 2**30, 0, 15 * 2**30),
        (7 * 2**30, 0, 3 * 2**30),
        (3 * 2**30, 0, 0),
    ],
)
def test_a_small_disk_is_left_to_the_work(tmp_path, monkeypatch, free, used, capacity):
    cache = Cache(tmp_path / "qbox", 20 * 2**30)

    monkeypatch.setattr(caches.shutil, "disk_usage", lambda _: caches.shutil._ntuple_diskusage(0, 0, free))

    assert cache.capacity_bytes == capacity


def test_a_disk_that_others_filled_is_given_back(tmp_path, fill, monkeypatch):
    cache = Cache(tmp_path / "qbox", 250)
    fill(cache, "a", 100)

    monkeypatch.setattr(caches.shutil, "disk_usage", lambda _: caches.shutil._ntuple_diskusage(0, 0, 2**30))
    cache.shrink()

    assert cache.object_count == 0
