"""Open pages: nothing lost, nothing doubled, through holes, reconnects and a dead doorbell."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from jobs import consumers, live, live_hub
from jobs.domain import changes, sync
from jobs.models import Job
from tests.jobs.sockets import PageSocket, signed_in


def print_and_poll(job, farm, *lines):
    farm.only_task().text["stdout"] += "".join(f" 1> {line}\n" for line in lines)
    Job.objects.filter(pk=job.pk).update(next_poll_at=timezone.now())
    sync.poll(job.account)


def test_a_change_is_told_since_any_revision(job, farm):
    print_and_poll(job, farm, "one")
    seen = Job.objects.get(pk=job.pk).revision
    print_and_poll(job, farm, "two")

    found = changes.since(job.pk, seen)

    assert [(line.number, line.text) for line in found.lines] == [(2, "two")]
    assert found.is_whole


def test_a_long_story_is_told_in_parts_without_a_hole(job, farm):
    for part in range(8):
        print_and_poll(job, farm, *[f"line {part * 200 + n}" for n in range(200)])
    told, after = [], 0

    while True:
        found = changes.since(job.pk, after)
        told += [line.number for line in found.lines]
        after = found.until
        if found.is_whole:
            break

    assert told == list(range(1, 1601))


def test_the_polling_fallback_gives_the_same_message(client, alice, job, farm):
    client.force_login(alice)
    print_and_poll(job, farm, "one")

    said = client.get(f"/renders/{job.pk}/changes/?after=1").json()

    assert said["lines"] == [{"n": 1, "i": 1, "s": "stdout", "t": "one"}]
    assert 'id="headline"' in said["headline"]
    assert said["from"] == 1 and said["to"] == Job.objects.get(pk=job.pk).revision


def test_hostile_names_reach_the_page_as_text(client, alice, job, farm):
    client.force_login(alice)
    farm.runs(farm.only_task(), 1)
    farm.only_task().running[1]["nodeName"] = "<img src=x onerror=alert(1)>"
    print_and_poll(job, farm)

    said = client.get(f"/renders/{job.pk}/changes/?after=0").json()

    assert "<img src=x" not in said["machines"][0]["html"]
    assert "&lt;img src=x" in said["machines"][0]["html"]


def test_a_page_that_looks_makes_the_farm_be_asked_more_often(client, alice, job):
    client.force_login(alice)

    client.get(f"/renders/{job.pk}/changes/?after=0")

    assert Job.objects.get(pk=job.pk).watched_at is not None


@pytest.fixture
def page(client, alice, job):
    return lambda after=0: PageSocket(client, job.pk, after)


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_an_open_page_hears_each_line_once(client, alice, page, job, farm):
    await signed_in(client, alice)
    socket = page()
    assert await socket.opens()
    heard = (await socket.hears())["lines"]

    for number in range(5):
        await sync_to_async(print_and_poll)(job, farm, f"line {number}")
        heard += (await socket.hears())["lines"]
    await socket.leaves()

    assert [line["t"] for line in heard] == [f"line {number}" for number in range(5)]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_page_that_comes_back_is_told_what_it_missed(client, alice, page, job, farm):
    await signed_in(client, alice)
    first = page()
    await first.opens()
    seen = (await first.hears())["to"]
    await first.leaves()
    await sync_to_async(print_and_poll)(job, farm, "while away")

    second = page(after=seen)
    await second.opens()
    message = await second.hears()
    await second.leaves()

    assert message["from"] == seen
    assert [line["t"] for line in message["lines"]] == ["while away"]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_page_with_a_hole_asks_again(client, alice, page, job, farm):
    await signed_in(client, alice)
    await sync_to_async(print_and_poll)(job, farm, "one")
    socket = page()
    await socket.opens()
    await socket.hears()

    await socket.says({"after": 0})
    message = await socket.hears()
    await socket.leaves()

    assert [line["t"] for line in message["lines"]] == ["one"]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_lost_doorbell_is_made_good_by_the_heartbeat(client, alice, page, job, farm, monkeypatch):
    monkeypatch.setattr(live, "get_channel_layer", lambda: None)
    monkeypatch.setattr(live_hub, "WATCHED_EVERY_SECONDS", 0.2)
    await signed_in(client, alice)
    socket = page()
    await socket.opens()
    await socket.hears()

    await sync_to_async(print_and_poll)(job, farm, "unannounced")
    message = await socket.hears()
    await socket.leaves()

    assert [line["t"] for line in message["lines"]] == ["unannounced"]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_many_pages_of_a_job_cost_one_read(client, alice, page, job, farm, monkeypatch):
    await signed_in(client, alice)
    sockets = [page() for _ in range(5)]
    for socket in sockets:
        await socket.opens()
        await socket.hears()
    reads = []
    real = live_hub.changes_message
    monkeypatch.setattr(live_hub, "changes_message", lambda *asked: reads.append(asked) or real(*asked))

    await sync_to_async(print_and_poll)(job, farm, "one")
    heard = [await socket.hears() for socket in sockets]
    for socket in sockets:
        await socket.leaves()

    assert all(message["lines"][0]["t"] == "one" for message in heard)
    assert len(reads) < len(sockets)


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_page_of_someone_who_signed_out_is_closed(client, alice, page, job, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECKED_EVERY_SECONDS", 0.1)
    await signed_in(client, alice)
    socket = page()
    await socket.opens()

    await sync_to_async(client.logout)()

    assert await socket.hears("nothing else") == consumers.NO_LONGER_YOURS


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_suspended_accounts_page_is_closed(client, alice, page, job, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECKED_EVERY_SECONDS", 0.1)
    await signed_in(client, alice)
    socket = page()
    await socket.opens()

    alice.is_active = False
    await alice.asave()

    assert await socket.hears("nothing else") == consumers.NO_LONGER_YOURS


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nonsense", ["[]", '{"after": -1}', '{"after": "1"}', "x" * 5000, "[" * 1000])
async def test_nonsense_closes_the_socket(client, alice, page, job, nonsense):
    await signed_in(client, alice)
    socket = page()
    await socket.opens()

    await socket._speaker.send_input({"type": "websocket.receive", "text": nonsense})

    assert await socket.hears("nothing else") == consumers.NOT_UNDERSTOOD


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_no_feed_is_left_when_the_last_page_goes(client, alice, page, job):
    await signed_in(client, alice)
    socket = page()
    await socket.opens()
    await socket.hears()

    await socket.leaves()

    async with asyncio.timeout(10):
        while job.pk in live_hub._feeds:
            await asyncio.sleep(0.01)
