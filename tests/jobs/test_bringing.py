"""A render's files are brought to the farm that renders it: streamed, seen, each once, and again when they changed."""

from threading import BoundedSemaphore

import pytest
from boto3.exceptions import RetriesExceededError
from botocore.exceptions import ClientError
from urllib3.exceptions import ProtocolError

from jobs import buckets, farms, qarnot_access
from jobs.buckets import bucket_of
from jobs.domain import bringing, lifecycle, scenes, submission
from jobs.domain.headline import headline
from jobs.domain.orders import Order
from jobs.enums import JobState, Where
from jobs.models import FarmPoller, Job, JobLibrary, Library, QarnotAccess, Scene

ORDER = Order(profile="blender-4.5", frames="1-3", name="basalt", where=Where.QARNOT)
FILES = {"basalt.blend": b"a scene" * 1000, "textures/stone.png": b"pixels"}


@pytest.fixture
def ordered_there(scene, at_qarnot, farm):
    """alice's render at Qarnot, whose scene lies at the studio."""
    at_studio = bucket_of(scene.account, "scenes")
    for path, content in FILES.items():
        at_studio.put(scenes.key(scene, path), content)
    return submission.order(scene, ORDER)


def there(job, bucket="scenes"):
    return bucket_of(job.account, bucket, Where.QARNOT)


def lying_there(job, bucket="scenes"):
    prefix = scenes.key(job.scene, "") if bucket == "scenes" else ""
    return {
        found.key.removeprefix(prefix): there(job, bucket).read(found.key) for found in there(job, bucket).list(prefix)
    }


def brought(job):
    bringing.bring(job)
    job.refresh_from_db()
    return job


def test_the_files_are_there_before_the_farm_has_the_order(ordered_there, farm):
    submission.submit(ordered_there)
    assert farm.tasks == {}

    brought(ordered_there)
    Job.objects.update(next_poll_at=ordered_there.created_at)
    submission.submit(ordered_there)

    assert lying_there(ordered_there) == FILES
    assert farm.only_task().where == Where.QARNOT


def test_how_far_it_is_can_be_read_on_the_page(ordered_there, monkeypatch):
    said = []
    monkeypatch.setattr(bringing, "SAID_EVERY_SECONDS", 0)
    change = bringing.change
    monkeypatch.setattr(
        bringing, "change", lambda pk: said.append(headline(Job.objects.get(pk=pk)).sentence) or change(pk)
    )

    brought(ordered_there)

    assert "Its files are being brought to Qarnot, 0 %." in said
    assert "Its files are being brought to Qarnot, 99 %." in said
    assert ordered_there.brought_percent == 100


def test_what_is_there_is_not_brought_again_and_what_changed_is(ordered_there, monkeypatch):
    brought(ordered_there)
    bucket_of(ordered_there.account, "scenes").put(scenes.key(ordered_there.scene, "textures/stone.png"), b"PIXELS")
    copied = []
    copy = bringing._copy
    monkeypatch.setattr(bringing, "_copy", lambda one, on_bytes: copied.append(one.found.key) or copy(one, on_bytes))

    brought(ordered_there)

    assert copied == [scenes.key(ordered_there.scene, "textures/stone.png")]
    assert lying_there(ordered_there)["textures/stone.png"] == b"PIXELS"


def test_the_files_a_library_gives_are_brought_too(ordered_there):
    library = Library.objects.create(account=ordered_there.account, name="Oak", bucket="library-oak")
    bucket_of(library.account, library.bucket).put("wood.png", b"oak")
    library.files.create(path="wood.png", folded_name="wood.png", size_bytes=3, etag="x")
    JobLibrary.objects.create(job=ordered_there, library=library, position=1)
    missing = {"path": "wood.png", "kind": "image", "is_missing": True}
    Scene.objects.update(facts=ordered_there.scene.facts | {"linked_files": [missing]})
    job = Job.objects.get(pk=ordered_there.pk)

    brought(job)

    assert lying_there(job, "library-oak") == {"wood.png": b"oak"}


def test_a_scene_that_lies_at_qarnot_is_brought_to_the_studio(scene, at_qarnot, farm):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    bucket_of(scene.account, "scenes", Where.QARNOT).put(scenes.key(scene, "basalt.blend"), b"a scene")
    job = submission.order(scene, Order(profile="blender-4.5", frames="1"))

    brought(job)

    assert bucket_of(scene.account, "scenes").read(scenes.key(scene, "basalt.blend")) == b"a scene"


def test_a_render_cancelled_meanwhile_stops_it(ordered_there, farm, monkeypatch):
    monkeypatch.setattr(bringing, "SAID_EVERY_SECONDS", 0)
    copy = bringing._copy

    def cancelled_and_copied(one, on_bytes):
        lifecycle.cancel(Job.objects.get(pk=ordered_there.pk))
        copy(one, on_bytes)

    monkeypatch.setattr(bringing, "_copy", cancelled_and_copied)

    job = brought(ordered_there)

    assert lying_there(job) == {}
    submission.cancel_on_farm(job)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert farm.tasks == {}


def test_two_workers_do_not_bring_the_same(ordered_there):
    Job.objects.update(bringing_until=ordered_there.created_at + bringing.LEASE)

    brought(ordered_there)

    assert lying_there(ordered_there) == {}


def test_a_scene_whose_files_are_gone_fails_with_a_sentence(scene, at_qarnot, farm):
    job = brought(submission.order(scene, ORDER))

    assert (job.state, job.problem["id"]) == (JobState.FAILED, "files_not_brought")
    assert "they are not there any more." in headline(job).sentence


def test_a_storage_that_is_away_is_tried_again_and_fails_nothing(ordered_there):
    QarnotAccess.objects.update(storage_url="http://127.0.0.1:1")

    job = brought(ordered_there)

    assert (job.state, job.bringing_until) == (JobState.SUBMITTING, None)
    assert FarmPoller.objects.get(farm=Where.QARNOT).farm_down_since


def test_the_studios_farm_is_not_called_silent_for_what_lies_at_qarnot_without_a_token(scene, at_qarnot, farm):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    job = submission.order(scene, Order(profile="blender-4.5", frames="1"))
    QarnotAccess.objects.all().delete()

    brought(job)

    assert not FarmPoller.objects.filter(farm=Where.STUDIO).exists()
    assert headline(job).next_step == (
        "There is no Qarnot token on your account any more. Give it again on the Account page."
    )


def test_a_storage_that_takes_the_token_no_more_is_not_called_silent(ordered_there, farm, store):
    qarnot_access.keep(ordered_there.account, "another", email="nobody", storage_url=store)
    farm.troubles[Where.QARNOT] = farms.TokenRefused("no")

    job = brought(ordered_there)

    assert headline(job).next_step == "Qarnot does not accept the token any more. Give a new one on the Account page."


def refusing(monkeypatch, status, code, message):
    """Qarnot's storage takes nothing more."""
    said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def refuse(bucket, key, stream, origin=""):
        raise ClientError(said, "PutObject")

    monkeypatch.setattr(buckets.AccountBucket, "put_stream", refuse)


def test_a_full_storage_ends_it_with_its_words_cleaned_and_what_to_do(ordered_there, farm, monkeypatch):
    refusing(monkeypatch, 403, "QuotaExceeded", "The \x1b[31mquota\u202e of\n50 GB is used up.")

    job = brought(ordered_there)

    assert (job.state, job.bringing_until) == (JobState.FAILED, None)
    assert headline(job).sentence == (
        "The files of this render could not be brought to the farm's storage: "
        "a storage answered “QuotaExceeded: The quota of 50 GB is used up.”."
    )
    assert headline(job).next_step.startswith("Look at your account at Qarnot: whether its storage is full")
    assert not FarmPoller.objects.filter(farm=Where.QARNOT).exists()


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchBucket"), (400, "InvalidRequest"), (409, "BucketFull")])
def test_what_a_storage_would_say_again_is_not_asked_for_ever(ordered_there, monkeypatch, status, code):
    refusing(monkeypatch, status, code, "no")

    assert brought(ordered_there).state == JobState.FAILED


def test_a_storage_that_refuses_while_the_farm_is_silent_is_asked_again(ordered_there, farm, monkeypatch):
    refusing(monkeypatch, 403, "AccessDenied", "no")
    farm.troubles[Where.QARNOT] = farms.FarmDown("no answer")

    assert brought(ordered_there).state == JobState.SUBMITTING


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "SlowDown"), (507, ""), (429, "TooManyRequests"), (408, ""), (401, ""), (400, "RequestTimeout")],
)
def test_what_a_storage_says_of_this_moment_only_is_tried_again(ordered_there, farm, monkeypatch, status, code):
    refusing(monkeypatch, status, code, "not now")

    assert brought(ordered_there).state == JobState.SUBMITTING
    assert headline(ordered_there).next_step.startswith("Qarnot has not answered for")


def test_a_bucket_deleted_at_qarnot_is_made_again_and_the_files_are_brought(ordered_there):
    client = there(ordered_there).client
    client.delete_bucket(Bucket="scenes")

    assert brought(ordered_there).brought_percent == 100
    assert lying_there(ordered_there) == FILES


def test_a_file_taken_away_while_it_is_brought_is_left_out(ordered_there, monkeypatch):
    copy = bringing._copy

    def taken_away(one, on_bytes):
        bucket_of(ordered_there.account, "scenes").delete(scenes.key(ordered_there.scene, "textures/stone.png"))
        copy(one, on_bytes)

    monkeypatch.setattr(bringing, "_copy", taken_away)

    assert brought(ordered_there).brought_percent == 100
    assert set(lying_there(ordered_there)) == {"basalt.blend"}


@pytest.mark.parametrize("cut", [ProtocolError("cut"), ConnectionResetError(), RetriesExceededError(None)])
def test_a_line_that_is_cut_in_the_middle_fails_nothing_and_is_gone_on_with(ordered_there, monkeypatch, cut):
    copy = bringing._copy

    def cut_off(one, on_bytes):
        raise cut

    monkeypatch.setattr(bringing, "_copy", cut_off)
    assert brought(ordered_there).state == JobState.SUBMITTING
    assert headline(ordered_there).next_step.startswith("Qarnot has not answered for")

    monkeypatch.setattr(bringing, "_copy", copy)
    assert brought(ordered_there).brought_percent == 100
    assert FarmPoller.objects.get(farm=Where.QARNOT).farm_down_since is None


def test_no_more_than_two_are_brought_at_once_and_the_next_says_what_it_waits_for(ordered_there, monkeypatch):
    monkeypatch.setattr(bringing, "_places", BoundedSemaphore(1))

    with bringing._places:
        waiting = brought(ordered_there)

    assert lying_there(waiting) == {}
    assert headline(waiting).sentence == "Its files are being brought to Qarnot, 0 %."
    assert brought(ordered_there).brought_percent == 100


def test_a_render_whose_files_are_on_their_way_is_cancelled_at_once_while_qarnot_is_silent(ordered_there, farm):
    farm.troubles[Where.QARNOT] = farms.FarmDown("no answer")
    lifecycle.cancel(ordered_there)

    submission.cancel_on_farm(ordered_there)

    ordered_there.refresh_from_db()
    assert (ordered_there.state, farm.questions) == (JobState.CANCELLED, [])


def test_rendering_again_looks_anew_whether_all_is_there(ordered_there):
    brought(ordered_there)
    lifecycle.fail(ordered_there, {"id": "unknown"})

    submission.render_failed_again(ordered_there)

    ordered_there.refresh_from_db()
    assert ordered_there.brought_percent is None
