"""Renders at Qarnot: handed over there, followed apart from the studio's, with its silence, its haste and its no."""

from dataclasses import replace
from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs import farms, qarnot_access
from jobs.domain import discovery, lifecycle, orders, poller, submission, sync, turns
from jobs.domain.headline import headline
from jobs.domain.orders import Order
from jobs.enums import JobState, Where
from jobs.models import FarmPoller, Job, QarnotAccess, Scene
from jobs.problems import explain

BY_SCRIPT = farms.TaskOrder("by script", "x", "blender-2.92", "1-2", {}, [], "OUT")
ORDER = Order(profile="blender-4.5", frames="1-3", name="basalt", where=Where.QARNOT)


@pytest.fixture
def there(scene, at_qarnot, farm):
    """A render of a scene that lies at Qarnot, ordered there, with the farm."""
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    return handed_over(submission.order(scene, ORDER))


def handed_over(job):
    submission.submit(job)
    job.refresh_from_db()
    return job


def due_now():
    Job.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())


def test_it_is_handed_over_there_without_what_is_ours(there, farm):
    task = farm.only_task()

    assert (task.where, there.state) == (Where.QARNOT, JobState.WAITING)
    assert set(task.order.constants) == {"BLEND_FILE"}
    assert [resource.bucket for resource in task.order.resources] == ["scenes"]


def test_the_same_page_tells_of_it(there, farm, client):
    farm.runs(farm.only_task(), 1)
    due_now()
    poller.take_turn(there.account, Where.QARNOT)
    client.force_login(there.account)

    page = client.get(there.get_absolute_url()).content.decode()
    row = client.get(reverse("renders")).content.decode()

    assert "at Qarnot" in page and "at Qarnot" in row
    assert "Rendering the first frames." in page


def test_a_machine_without_a_name_is_not_called_missing(there, farm, client):
    farm.runs(farm.only_task(), 1, nodeName="")
    due_now()
    poller.take_turn(there.account, Where.QARNOT)
    client.force_login(there.account)

    assert "no machine yet" not in client.get(there.get_absolute_url()).content.decode()


def test_the_silence_of_one_farm_delays_no_render_of_the_other(there, scene, farm):
    at_home = handed_over(submission.order(scene, Order(profile="blender-4.5", frames="1", where=Where.STUDIO)))
    farm.troubles[Where.QARNOT] = farms.FarmDown("no answer")
    due_now()

    poller.take_turn(there.account, Where.QARNOT)
    poller.take_turn(there.account, Where.STUDIO)

    silent = {row.farm: bool(row.farm_down_since) for row in FarmPoller.objects.all()}
    assert silent == {Where.QARNOT: True, Where.STUDIO: False}
    assert headline(there).next_step.startswith("Qarnot has not answered for")
    assert "has not answered" not in headline(at_home).next_step


def test_a_message_that_comes_twice_does_not_make_a_silent_farm_answer(there, farm):
    farm.troubles[Where.QARNOT] = farms.FarmDown("no answer")
    due_now()

    for _ in range(2):
        poller.take_turn(there.account, Where.QARNOT)

    assert headline(there).next_step.startswith("Qarnot has not answered for")


def test_where_many_wait_for_qarnot_the_studio_is_asked_all_the_same(scene, at_qarnot, farm, monkeypatch):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    monkeypatch.setattr(turns, "_elsewhere", BoundedSemaphore(1))
    order_of = {where: submission.order(scene, replace(ORDER, where=where)) for where in Where}
    Job.objects.filter(farm=Where.STUDIO).update(brought_percent=100)

    with turns.turn(Where.QARNOT):
        states = {where: handed_over(job).state for where, job in order_of.items()}

    assert states == {Where.STUDIO: JobState.WAITING, Where.QARNOT: JobState.SUBMITTING}
    assert handed_over(order_of[Where.QARNOT]).state == JobState.WAITING


def test_one_that_asks_to_be_asked_less_often_is_obeyed_and_not_called_silent(there, farm):
    farm.troubles[Where.QARNOT] = farms.FarmBusy("429", 30)
    due_now()

    poller.take_turn(there.account, Where.QARNOT)

    there.refresh_from_db()
    assert there.next_poll_at > timezone.now() + timedelta(seconds=25)
    assert "has not answered" not in headline(there).next_step


def test_renders_that_had_their_turn_are_not_asked_about_before_the_others(there, scene, farm):
    late, first = there, handed_over(submission.order(scene, ORDER))
    had_its_turn = timezone.now() + timedelta(seconds=60)
    Job.objects.filter(pk=first.pk).update(next_poll_at=had_its_turn)
    Job.objects.filter(pk=late.pk).update(next_poll_at=timezone.now())
    farm.troubles[Where.QARNOT] = farms.FarmBusy("429", 5)

    poller.take_turn(there.account, Where.QARNOT)

    first.refresh_from_db()
    late.refresh_from_db()
    assert first.next_poll_at == had_its_turn
    assert late.next_poll_at < had_its_turn


def test_a_token_that_is_refused_fails_nothing_and_a_new_one_goes_on(there, farm, at_qarnot):
    farm.troubles[Where.QARNOT] = farms.TokenRefused("no")
    due_now()
    poller.take_turn(there.account, Where.QARNOT)
    there.refresh_from_db()
    assert there.state == JobState.WAITING
    assert headline(there).next_step == (
        "Qarnot does not accept the token any more. Give a new one on the Account page."
    )

    farm.troubles.clear()
    qarnot_access.keep(there.account, "a new one", email="a", storage_url=at_qarnot.storage_url)
    due_now()
    poller.take_turn(there.account, Where.QARNOT)

    assert "Account page" not in headline(there).next_step


def test_an_order_waits_for_a_token_too(scene, farm, at_qarnot):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    farm.troubles[Where.QARNOT] = farms.TokenRefused("no")

    job = handed_over(submission.order(scene, ORDER))

    assert job.state == JobState.SUBMITTING
    assert "Give a new one on the Account page." in headline(job).next_step


def test_a_refusal_names_qarnot_and_no_hours_of_ours(scene, farm, at_qarnot):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()
    farm.refusal = "Not enough credits"

    job = handed_over(submission.order(scene, ORDER))

    assert (job.state, job.problem["id"]) == (JobState.FAILED, "qarnot_refused")
    assert headline(job).sentence == "Qarnot did not take this render: Not enough credits"


def test_credits_that_end_there_are_nothing_our_operator_can_give(there, farm):
    task = farm.only_task()
    farm.ends(task, 1, 2, 3, state="Failure", message="Not enough credits")
    task.state = "Failure"
    due_now()
    poller.take_turn(there.account, Where.QARNOT)

    there.refresh_from_db()
    told = [headline(there).next_step, there.frame_set.get(number=1).problem["remedy"]]
    assert told == ["Look at your account at Qarnot, then render the rest again."] * 2


def test_a_cancelling_that_qarnot_never_confirms_says_where_to_look(there):
    lifecycle.cancel(there)
    Job.objects.update(state_changed_at=timezone.now() - 2 * lifecycle.CANCELLING_FOR_AT_MOST)

    lifecycle.give_up_cancelling()

    there.refresh_from_db()
    assert explain(there.problem).remedy.endswith("Look at your account at Qarnot whether it goes on there.")


def test_the_time_it_took_is_told_as_qarnots(there):
    there.used_seconds = 40

    assert headline(there).hours_used_sentence == "40 seconds of render time at Qarnot"


def test_add_ons_are_refused_before_anything_is_ordered(scene, at_qarnot):
    wanted = Order(profile="blender-4.5", frames="1", where=Where.QARNOT, add_on_ids=("x",))

    with pytest.raises(orders.OrderRefused, match="takes no add-ons"):
        submission.order(scene, wanted)

    assert not Job.objects.exists()


def test_tasks_ordered_there_by_script_are_found_there(alice, at_qarnot, farm):
    QarnotAccess.objects.update(given_at="2026-01-01T00:00:00Z")
    farm.of(alice, Where.QARNOT).submit(BY_SCRIPT)
    discovery.ask_for(alice)
    FarmPoller.objects.update(discover_at=timezone.now())

    poller.take_turn(alice, Where.QARNOT)

    found = Job.objects.get()
    assert (found.name, found.farm, found.makes_pictures) == ("by script", Where.QARNOT, True)


def test_a_password_that_a_script_ordered_with_there_is_neither_kept_nor_shown(alice, at_qarnot, farm, monkeypatch):
    QarnotAccess.objects.update(given_at="2026-01-01T00:00:00Z")
    farm.of(alice, Where.QARNOT).submit(BY_SCRIPT)
    told = farm.only_task().to_json() | {
        "constants": [{"key": "DOCKER_REGISTRY_PASSWORD", "value": "tell no one"}, {"key": "DOCKER_TAG", "value": "3"}]
    }
    monkeypatch.setattr(type(farm.only_task()), "to_json", lambda self: told)
    FarmPoller.objects.create(account=alice, farm=Where.QARNOT, discover_at=timezone.now())

    poller.take_turn(alice, Where.QARNOT)

    assert Job.objects.get().constants == {"DOCKER_REGISTRY_PASSWORD": "[SECRET]", "DOCKER_TAG": "3"}


def test_what_was_ordered_there_before_we_had_the_token_stays_there(alice, at_qarnot, farm):
    QarnotAccess.objects.update(given_at="2026-11-23T10:00:01Z")
    farm.of(alice, Where.QARNOT).submit(BY_SCRIPT)  # at 10:00:00, says the fake
    FarmPoller.objects.create(account=alice, farm=Where.QARNOT, discover_at=timezone.now())

    poller.take_turn(alice, Where.QARNOT)

    assert not Job.objects.exists()
    assert FarmPoller.objects.get().discover_at is None


def test_who_has_no_token_is_not_asked_about_there(alice, farm):
    discovery.ask_for(alice)

    assert [row.farm for row in FarmPoller.objects.all()] == [Where.STUDIO]


def test_pictures_there_can_not_be_taken_home_without_a_token_and_the_page_says_so(there, client):
    there.frame_set.filter(number=1).update(key="0001.png", state="done")
    qarnot_access.forget(there.account)
    client.force_login(there.account)

    for name in ("frames_zip", "frame_picture"):
        numbers = [1] if name == "frame_picture" else []
        said = client.get(reverse(name, args=[there.pk, *numbers]), follow=True).content.decode()
        assert "There is no Qarnot token on your account any more." in said


def test_while_the_storage_there_is_silent_a_download_says_so(there, client):
    there.frame_set.filter(number=1).update(key="0001.png", state="done")
    QarnotAccess.objects.update(storage_url="http://127.0.0.1:1")
    client.force_login(there.account)

    said = client.get(reverse("frame_picture", args=[there.pk, 1]), follow=True).content.decode()

    assert "The file store does not answer. Trying again in a moment helps." in said


def test_qarnot_is_not_asked_why_a_frame_waits(there, farm, client):
    client.force_login(there.account)
    farm.questions.clear()

    said = client.get(reverse("frame_waiting", args=[there.pk, 1])).json()

    assert said["sentence"] == "Frame 1 has no machine yet. Qarnot does not say why; it begins by itself."
    assert farm.questions == []


def test_a_scene_that_lies_there_is_not_ordered_anywhere_without_a_token(scene):
    Scene.objects.update(stored_at=Where.QARNOT)
    scene.refresh_from_db()

    with pytest.raises(orders.OrderRefused, match="The files of this scene lie at Qarnot"):
        submission.order(scene, replace(ORDER, where=Where.STUDIO))


def test_qarnot_is_asked_less_often_than_the_studio():
    assert sync.WATCHED_EVERY_SECONDS[Where.QARNOT] > sync.WATCHED_EVERY_SECONDS[Where.STUDIO]
