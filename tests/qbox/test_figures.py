"""What the operator reads of a Q.Box on its site's page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from farm.models import QBox, Site
from farm.qbox.admin import figures_of, keeper_of
from tests.node.conftest import make_node

GB = 1_000_000_000


def box(**facts):
    known = {
        "holder": "lyon-a 3f2e1d0c",
        "address": "10.0.0.5:41234",
        "lease_until": timezone.now() + timedelta(minutes=1),
    }
    return QBox(**{**known, **facts})


def test_the_figures_are_a_sentence():
    counts = {"hit_count": 228, "download_count": 12, "downloaded_bytes": 3.1 * GB}
    full = box(object_count=12, used_bytes=3.1 * GB, capacity_bytes=20 * GB, **counts)

    assert figures_of(full) == (
        "Holds 12 objects: 3.1 GB of the 20 GB it may. "
        "Asked 240 times: 228 answered from the cache, 12 downloaded from the store (3.1 GB)."
    )


def test_small_and_single_figures_are_told_too():
    small = box(
        object_count=1, used_bytes=4_200_000, capacity_bytes=20 * GB, download_count=1, downloaded_bytes=4_200_000
    )

    assert figures_of(small) == (
        "Holds 1 object: 4.2 MB of the 20 GB it may. "
        "Asked 1 time: 0 answered from the cache, 1 downloaded from the store (4.2 MB)."
    )


def test_it_says_who_keeps_it():
    assert keeper_of(box()) == "lyon-a, at 10.0.0.5:41234"
    assert "Nobody at this moment" in keeper_of(box(lease_until=None))
    assert "Nobody at this moment" in keeper_of(box(lease_until=timezone.now() - timedelta(seconds=1)))


def test_it_says_what_to_do_where_other_machines_may_not_reach_it(node):
    lonely = box(site=node.site, holder="node-1 3f2e1d0c", address="127.0.0.1:41234")
    assert keeper_of(lonely) == "node-1, at 127.0.0.1:41234"

    make_node("node-2")

    assert keeper_of(lonely) == (
        "node-1, at 127.0.0.1:41234, where nodes on other machines than its own don't reach it. If there are any: "
        "Set NODE_ADDRESS on a machine of the site to the address at which the others reach it, "
        "and start its node again."
    )
    assert keeper_of(box(site=node.site)) == "lyon-a, at 10.0.0.5:41234"


@pytest.mark.django_db
def test_the_operator_finds_it_on_the_sites_page_and_charlie_does_not(client, operator, charlie, settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    lyon = Site.objects.create(name="lyon")
    row = box(site=lyon, object_count=12)
    row.save()
    page = f"/admin/farm/site/{lyon.pk}/change/"

    client.force_login(operator)
    read = client.get(page).content.decode()
    client.force_login(charlie)
    refused = client.get(page, follow=True)

    assert "12 objects" in read
    assert "lyon-a, at 10.0.0.5:41234" in read
    assert "12 objects" not in refused.content.decode()
