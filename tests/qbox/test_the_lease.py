"""One Q.Box a site at a time, found by the site's nodes; what it tells of itself, and who comes after it."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from farm.models import InstanceState, QBox, Site
from farm.qbox import address, lease
from farm.qbox.asking import Nearby, nearby
from farm.qbox.keeping import Keeper
from farm.qbox.lease import Counts, Stock

STOCK = Stock(capacity_bytes=20_000, used_bytes=300, object_count=3)


@pytest.fixture
def lyon(db):
    return Site.objects.create(name="lyon", place="Lyon")


def run_out(site):
    QBox.objects.filter(site=site).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_one_holds_it_and_the_others_stand_by(lyon):
    assert lease.take(lyon, "a", "10.0.0.1:7000")
    assert not lease.take(lyon, "b", "10.0.0.2:7000")
    assert lease.live_address(lyon.pk) == "10.0.0.1:7000"


def test_a_lease_that_ran_out_is_anothers(lyon):
    lease.take(lyon, "a", "10.0.0.1:7000")
    run_out(lyon)

    assert nearby(lyon.pk) is None
    assert lease.take(lyon, "b", "10.0.0.2:7000")
    assert not lease.renew(lyon, "a", STOCK, Counts(hit_count=1))
    assert lease.live_address(lyon.pk) == "10.0.0.2:7000"


def test_who_ends_well_is_followed_at_once(lyon):
    lease.take(lyon, "a", "10.0.0.1:7000")
    lease.let_go(lyon, "a")

    assert lease.take(lyon, "b", "10.0.0.2:7000")


def test_counts_go_on_from_keeper_to_keeper(lyon):
    lease.take(lyon, "a", "10.0.0.1:7000")
    lease.renew(lyon, "a", STOCK, Counts(hit_count=5, download_count=2, downloaded_bytes=300, served_bytes=900))
    lease.let_go(lyon, "a")
    lease.take(lyon, "b", "10.0.0.2:7000")
    lease.renew(lyon, "b", STOCK, Counts(hit_count=1))

    row = QBox.objects.get(site=lyon)
    assert (row.hit_count, row.download_count, row.downloaded_bytes, row.served_bytes) == (6, 2, 300, 900)
    assert row.object_count == 3


@pytest.mark.parametrize("lonely", ["127.0.0.1:7000", "[::1]:7000", "localhost:7000"])
def test_whom_only_its_own_machine_reaches_gives_way_to_one_that_all_reach(lyon, lonely):
    lease.take(lyon, "a", lonely)

    assert lease.take(lyon, "b", "10.0.0.2:7000")
    assert not lease.renew(lyon, "a", STOCK, Counts())
    assert not lease.take(lyon, "a", lonely)
    assert lease.live_address(lyon.pk) == "10.0.0.2:7000"


def test_it_keeps_the_cache_where_there_is_nobody_better(lyon):
    lease.take(lyon, "a", "127.0.0.1:7000")
    assert not lease.take(lyon, "b", "127.0.0.1:7001")

    lease.take(lyon, "c", "10.0.0.2:7000")
    run_out(lyon)
    assert lease.take(lyon, "a", "127.0.0.1:7000")


def test_each_site_has_its_own(lyon):
    paris = Site.objects.create(name="paris")
    lease.take(lyon, "a", "10.0.0.1:7000")

    assert nearby(paris.pk) is None
    assert lease.take(paris, "b", "10.0.0.2:7000")


@pytest.mark.django_db(transaction=True)
def test_a_shift_stages_by_the_qbox_of_its_site(alice, order, put_object, node, shift, qbox):
    resource = put_object(alice, "for-a-shift", "scene.blend", b"scene")
    task = order(alice, [1], resource_buckets=[resource])
    lease.take(node.site, "a", qbox.address)

    shift().work()

    assert task.instances.get().state == InstanceState.SUCCESS
    assert qbox.counts.download_count == 1


@pytest.mark.django_db(transaction=True)
def test_a_site_without_one_stages_from_the_store(alice, order, put_object, node, shift, qbox):
    resource = put_object(alice, "for-a-shift", "scene.blend", b"scene")
    task = order(alice, [1], resource_buckets=[resource])

    shift().work()

    assert task.instances.get().state == InstanceState.SUCCESS
    assert qbox.counts.download_count == 0


@pytest.mark.django_db(transaction=True)
def test_its_process_listens_tells_and_lets_go(s3_store, settings, tmp_path, monkeypatch):
    settings.QBOX_FOLDER = tmp_path / "kept"
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.02)
    site = Site.objects.create(name="lyon")

    async def live():
        keeping = asyncio.create_task(Keeper(site, "node-1", os.getppid()).keep())
        while not await asyncio.to_thread(QBox.objects.filter(site=site, capacity_bytes__gt=0).exists):
            await asyncio.sleep(0.01)
        found = await asyncio.to_thread(nearby, site.pk)
        os.kill(os.getpid(), signal.SIGTERM)
        await keeping
        return found

    found = asyncio.run(asyncio.wait_for(live(), 20))

    assert isinstance(found, Nearby)
    assert nearby(site.pk) is None
    assert QBox.objects.get(site=site).holder.startswith("node-1 ")


@pytest.mark.django_db(transaction=True)
def test_its_process_says_how_to_be_reached_when_another_machine_takes_over(
    s3_store, settings, tmp_path, monkeypatch, caplog
):
    caplog.set_level("INFO")
    settings.QBOX_FOLDER = tmp_path / "kept"
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.02)
    site = Site.objects.create(name="lyon")

    async def live():
        keeping = asyncio.create_task(Keeper(site, "node-1", os.getppid()).keep())
        while not await asyncio.to_thread(QBox.objects.filter(site=site, capacity_bytes__gt=0).exists):
            await asyncio.sleep(0.01)
        taken = await asyncio.to_thread(lease.take, site, "node-2", "10.0.0.2:7000")
        while "NODE_ADDRESS" not in caplog.text:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        await keeping
        return taken

    assert asyncio.run(asyncio.wait_for(live(), 20))
    assert "the Q.Box of lyon is kept elsewhere now" in caplog.text
    assert lease.live_address(site.pk) == "10.0.0.2:7000"


@pytest.mark.django_db(transaction=True)
def test_its_process_ends_at_once_when_its_node_was_killed(s3_store, settings, tmp_path, monkeypatch):
    """The node that is started again would find another process keep its folder for a beat."""
    settings.QBOX_FOLDER = tmp_path / "kept"
    site = Site.objects.create(name="lyon")

    async def live():
        keeping = asyncio.create_task(Keeper(site, "node-1", os.getppid()).keep())
        while not await asyncio.to_thread(QBox.objects.filter(site=site, lease_until__isnull=False).exists):
            await asyncio.sleep(0.01)
        monkeypatch.setattr(os, "getppid", lambda: 1)
        await asyncio.wait_for(keeping, lease.BEAT_SECONDS / 2)

    asyncio.run(live())

    assert nearby(site.pk) is None


def test_its_address_is_the_one_this_machine_reaches_redis_by(settings):
    settings.REDIS_URL = "redis://:secret@127.0.0.1:6399/0"
    assert address.own_address() == "127.0.0.1"

    settings.REDIS_URL = "redis://no-such-host.invalid:6399/0"
    assert address.own_address() == "127.0.0.1"

    settings.NODE_ADDRESS = "10.1.2.3"
    assert address.own_address() == "10.1.2.3"
