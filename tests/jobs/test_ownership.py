"""Whatever is alice's is not there for charlie, and asks nobody's visitor to sign in."""

import json

import pytest
from django.urls import get_resolver, reverse

from jobs.domain import add_ons, libraries, uploads
from jobs.models import Frame, ResultFile
from tests.jobs.sockets import PageSocket, signed_in

OF_EVERYONE = {"landing"}
OF_ONE_ACCOUNT = {
    "renders", "new_render", "frames_echo", "scenes_create", "open_uploads", "libraries", "add_ons", "add_on_create",
    "own_software", "account_licences", "licence_keep", "licence_remove", "qarnot_connect", "qarnot_disconnect",
}  # fmt: skip
"""Pages without an object: they show the visitor's own things only."""


@pytest.fixture
def things(job, upload_room):
    Frame.objects.filter(job=job).update(key="0001.png", thumbnail="t.webp", preview="p.webp")
    upload = uploads.begin(upload_room, "scene.blend", 3, "f")
    library = libraries.create(upload_room.account, "Oak")
    add_on = add_ons.create(upload_room.account, "paint.zip")
    file = ResultFile.objects.create(job=job, key="words.txt")
    return {
        "job_id": job.pk, "scene_id": upload_room.pk, "upload_id": upload.pk, "number": 1,
        "library_id": library.pk, "add_on_id": add_on.pk, "file_id": file.pk,
    }  # fmt: skip


def addresses(things):
    """Every named address of the artist's side with an object in it."""
    for pattern in get_resolver("jobs.urls").url_patterns:
        if pattern.name not in OF_EVERYONE | OF_ONE_ACCOUNT:
            wanted = pattern.pattern.converters
            yield pattern.name, reverse(pattern.name, kwargs={name: things[name] for name in wanted})


@pytest.mark.parametrize("method", ["get", "post"])
def test_charlie_finds_nothing_of_alices(client, charlie, things, method):
    client.force_login(charlie)

    answers = {name: getattr(client, method)(address).status_code for name, address in addresses(things)}

    assert set(answers.values()) <= {404, 405}, answers
    assert len(answers) > 15


def test_each_address_knows_one_method_at_least_by_which_charlie_gets_404(client, charlie, things):
    client.force_login(charlie)

    for name, address in addresses(things):
        assert 404 in (client.get(address).status_code, client.post(address).status_code), name


def test_a_visitor_is_asked_to_sign_in(client, things):
    for name, address in addresses(things):
        answers = {client.get(address).status_code, client.post(address).status_code}
        assert answers <= {302, 401, 405}, name


def test_charlie_cannot_put_a_file_into_alices_scene(client, charlie, things):
    client.force_login(charlie)
    body = json.dumps({"path": "x.blend", "size": 3, "fingerprint": "f"})

    answer = client.post(f"/scenes/{things['scene_id']}/uploads/", body, content_type="application/json")

    assert answer.status_code == 404


def test_charlies_list_of_uploads_is_empty(client, charlie, things):
    client.force_login(charlie)

    assert client.get("/uploads/open/").json() == {"uploads": []}


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_charlies_socket_is_refused(charlie, things, client):
    await signed_in(client, charlie)

    assert not await PageSocket(client, things["job_id"]).opens()


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_visitors_socket_is_refused(things, client):
    assert not await PageSocket(client, things["job_id"]).opens()


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_socket_from_another_site_is_refused(alice, things, client):
    await signed_in(client, alice)

    assert not await PageSocket(client, things["job_id"], origin="http://evil.example").opens()
    assert await PageSocket(client, things["job_id"]).opens()
