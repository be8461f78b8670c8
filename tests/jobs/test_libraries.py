"""Libraries on a real store: filled from a browser and by S3 tools, looked through in the sandbox, deleted."""

import io
import json
import zipfile

import pytest
import requests
from django.utils import timezone

from jobs.buckets import bucket_of
from jobs.domain import libraries, library_files, library_links, submission
from jobs.domain.orders import Order
from jobs.enums import JobState
from jobs.models import Job, Library, LibraryFile, Upload
from tests.scenes import scene as real_scene

LINKED = "bat/tests/blendfiles/doubly_linked.blend"


@pytest.fixture
def oak(alice, store):
    made = libraries.create(alice, "Oak & elm")
    library_files.bucket(made).delete_all()  # the store outlives a test
    return made


def put(library, files):
    for path, content in files.items():
        library_files.bucket(library).put(path, content)


def paths_of(library):
    return list(library.files.values_list("path", flat=True))


def look(library):
    library_files.look_soon(library)
    library_links.look_through(library)
    library.refresh_from_db()


def post(client, address, **body):
    answer = client.post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def uploaded(client, library, path, content=b"pixels", fingerprint="f1"):
    _, upload = post(client, f"/libraries/{library.pk}/uploads/", path=path, size=len(content), fingerprint=fingerprint)
    if upload["state"] == "open":
        _, signed = post(client, f"/uploads/{upload['id']}/sign/", parts=[1])
        requests.put(signed["urls"]["1"], data=content, timeout=30).raise_for_status()
        assert post(client, f"/uploads/{upload['id']}/complete/") == (200, {"state": "completed"})
    return upload


def test_a_library_has_a_bucket_that_s3_tools_can_name(oak):
    assert oak.bucket == "library-oak-elm"


def test_two_of_one_name_have_buckets_of_their_own(alice, oak):
    assert libraries.create(alice, "Oak & elm").bucket == "library-oak-elm-2"
    assert libraries.create(alice, "木").bucket == "library-files"


def test_a_file_from_the_browser_is_shown_at_once(client, alice, oak):
    client.force_login(alice)

    uploaded(client, oak, "textures/wood.png")

    file = oak.files.get()
    assert (file.path, file.folded_name, file.size_bytes) == ("textures/wood.png", "wood.png", 6)
    assert bucket_of(alice, "library-oak-elm").read("textures/wood.png") == b"pixels"


def test_the_same_file_again_is_not_sent_twice_unless_it_is_gone(client, alice, oak):
    client.force_login(alice)
    uploaded(client, oak, "wood.png")

    assert uploaded(client, oak, "wood.png")["state"] == "completed"
    library_files.bucket(oak).delete("wood.png")
    assert uploaded(client, oak, "wood.png")["state"] == "open"
    assert library_files.bucket(oak).read("wood.png") == b"pixels"


def test_a_file_replaced_by_another_forgets_what_was_known_of_the_old_one(client, alice, oak):
    client.force_login(alice)
    uploaded(client, oak, "chair.blend", b"one")
    LibraryFile.objects.update(links=[])

    uploaded(client, oak, "chair.blend", b"another", fingerprint="f2")

    file = oak.files.get()
    assert (file.size_bytes, file.links) == (7, None)


def test_names_that_lead_out_are_refused(client, alice, oak):
    client.force_login(alice)

    status, said = post(client, f"/libraries/{oak.pk}/uploads/", path="../../etc/passwd", size=3, fingerprint="f")

    assert status == 400
    assert "leads out" in said["problem"]
    assert Upload.objects.count() == 0


def test_what_s3_tools_put_there_and_took_away_is_found(oak):
    put(oak, {"wood.png": b"wood", "old.png": b"old"})
    look(oak)
    assert paths_of(oak) == ["old.png", "wood.png"]

    library_files.bucket(oak).delete("old.png")
    put(oak, {"wood.png": b"better wood", "new/stone.png": b"s", "folder/": b""})
    look(oak)

    assert {file.path: file.size_bytes for file in oak.files.all()} == {"wood.png": 11, "new/stone.png": 1}
    assert oak.due_at is None


def test_a_file_with_the_spaces_of_a_mac_stays_when_the_bucket_is_looked_through(client, alice, oak):
    client.force_login(alice)
    uploaded(client, oak, "Screenshot 3.00\u202fPM.png")
    put(oak, {"n\u00e4chste\u00a0Seite.png": b"n", "hidden\u202egnp.exe": b"h"})

    look(oak)

    assert set(paths_of(oak)) == {"Screenshot 3.00\u202fPM.png", "n\u00e4chste\u00a0Seite.png"}


def test_the_page_that_had_the_bucket_looked_through_asks_again_for_what_was_found(client, alice, oak):
    look(oak)
    Library.objects.update(listed_at=timezone.now() - 2 * library_files.STALE_AFTER)
    client.force_login(alice)

    page = client.get(f"/libraries/{oak.pk}/").content.decode()

    assert "Looking through the bucket" in page
    assert f'hx-get="/libraries/{oak.pk}/files/' in page


def test_what_a_linked_scene_needs_is_read_in_the_sandbox(oak):
    source = real_scene(LINKED)
    put(oak, {"props/doubly_linked.blend": source.read_bytes(), "props/readme.blend": b"no scene at all"})

    look(oak)

    links = oak.files.get(path="props/doubly_linked.blend").links
    assert {link["path"]: link["kind"] for link in links} == {
        "props/linked_cube.blend": "library",
        "props/material_textures.blend": "library",
    }
    assert oak.files.get(path="props/readme.blend").links is None
    assert oak.files.get(path="props/readme.blend").read_count == 1


def test_a_scene_that_cannot_be_read_is_not_tried_for_ever(oak):
    put(oak, {"a.blend": b"nothing"})

    for _ in range(5):
        look(oak)

    assert oak.files.get().read_count == library_links.MOST_ATTEMPTS


def test_two_workers_do_not_read_the_same_file(oak):
    put(oak, {"a.blend": b"nothing"})
    library_files.refresh(oak)
    (seen_by_one,) = library_files.unread(oak, 3)
    (seen_by_other,) = library_files.unread(oak, 3)

    assert library_files.begin_reading(seen_by_one)
    assert not library_files.begin_reading(seen_by_other)


def test_scenes_that_arrive_are_looked_through_when_all_are_up(client, alice, oak, django_capture_on_commit_callbacks):
    client.force_login(alice)
    look(oak)
    with django_capture_on_commit_callbacks() as hurried:
        uploaded(client, oak, "a.blend")
        uploaded(client, oak, "b.blend")
    assert (len(hurried), Library.objects.get().due_at is None) == (0, False)

    with django_capture_on_commit_callbacks() as hurried:
        post(client, f"/libraries/{oak.pk}/uploaded/")

    assert len(hurried) == 1


def test_a_neighbour_whose_name_begins_alike_stays(client, alice, oak):
    client.force_login(alice)
    neighbour = libraries.create(alice, "Oak & elm")
    put(neighbour, {"wood.png": b"wood"})

    client.post(f"/libraries/{oak.pk}/delete/")

    assert library_files.bucket(neighbour).read("wood.png") == b"wood"


def test_the_details_of_a_render_name_its_libraries(client, alice, oak, scene):
    client.force_login(alice)
    job = submission.order(scene, Order(profile="blender-4.5", frames="1", library_ids=(str(oak.pk),)))

    assert "Oak &amp; elm" in client.get(f"/renders/{job.pk}/").content.decode()


def test_a_deleted_file_is_gone_from_the_bucket_and_may_come_again(client, alice, oak):
    client.force_login(alice)
    uploaded(client, oak, "wood.png")

    client.post(f"/libraries/{oak.pk}/files/delete/", {"path": "wood.png"})

    assert (paths_of(oak), library_files.bucket(oak).size_of("wood.png")) == ([], None)
    assert uploaded(client, oak, "wood.png")["state"] == "open"


def test_a_library_is_deleted_with_its_files_but_not_under_a_render(client, alice, oak, scene):
    client.force_login(alice)
    put(oak, {"wood.png": b"wood"})
    job = submission.order(scene, Order(profile="blender-4.5", frames="1", name="Hall", library_ids=(str(oak.pk),)))

    said = client.post(f"/libraries/{oak.pk}/delete/", follow=True).content.decode()
    assert "“Hall” is using it" in said
    assert library_files.bucket(oak).read("wood.png") == b"wood"

    Job.objects.filter(pk=job.pk).update(state=JobState.COMPLETED)
    client.post(f"/libraries/{oak.pk}/delete/")

    assert list(bucket_of(alice, "library-oak-elm").list()) == []
    assert Library.objects.count() == 0


def test_the_list_says_sizes_and_uses(alice, oak, scene):
    put(oak, {"a.png": b"1234", "b.png": b"1"})
    look(oak)
    submission.order(scene, Order(profile="blender-4.5", frames="1", library_ids=(str(oak.pk),)))

    shown = libraries.of(alice).get()

    assert (shown.file_count, shown.size_bytes, shown.render_count) == (2, 5, 1)


def test_files_come_by_page_and_by_words(oak):
    rows = [
        LibraryFile(library=oak, path=f"{n:03}.png", folded_name=f"{n:03}.png", size_bytes=1, etag="e")
        for n in range(150)
    ]
    LibraryFile.objects.bulk_create(rows)

    first = library_files.page(oak)
    second = library_files.page(oak, after=first.next_cursor)

    assert (len(first.files), len(second.files), second.next_cursor) == (100, 50, "")
    assert second.files[0].path == "100.png"
    assert [file.path for file in library_files.page(oak, words="149").files] == ["149.png"]


def test_a_library_holds_zips_as_they_are(client, alice, oak):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("wood.png", b"wood")
    client.force_login(alice)

    uploaded(client, oak, "kit.zip", content.getvalue())

    assert paths_of(oak) == ["kit.zip"]
