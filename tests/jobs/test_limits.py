"""Where a render stops, before which others it goes, and what it says when its limit or the hours end it."""

import json

import pytest
import qarnot
from django.urls import reverse

from accounts import ledger
from jobs import farms, profiles
from jobs.domain import machines, submission
from jobs.domain.headline import headline
from jobs.domain.licences import Licence
from jobs.domain.orders import Order
from jobs.enums import JobState
from jobs.limits_form import StopAtForm
from jobs.models import FarmInstance, Job
from jobs.problems import explain
from jobs.templatetags import quantities
from tests.jobs.test_sync import landed, opened, polled
from tests.profiles_on_offer import POVRAY, blender


@pytest.fixture
def limited(scene, farm, store):
    """Frames 1 to 3 of alice's scene with a limit of two hours, with the farm."""
    wanted = Order(profile="blender-4.5", frames="1-3", name="basalt", cap_seconds=7200, priority="high")
    job = submission.order(scene, wanted)
    submission.submit(job)
    job.refresh_from_db()
    return job


def stops(job, farm, code, message):
    """One frame is here, the others the farm ended by itself."""
    task = farm.only_task()
    farm.ends(task, 1)
    farm.ends(task, 2, 3, state="Failure", message=message)
    task.state = "Failure"
    task.errors = [{"code": code, "message": f"{message} (instances 2-3)", "debug": ""}]
    landed(job, 1)
    polled(job)
    opened(job)
    return polled(job)


def signed_in(client, account):
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_the_farm_ended_before_it_began_is_no_machines_card(limited, farm):
    task = farm.only_task()
    farm.ends(task, 1, cpuModel="AMD Ryzen 7", executionAttemptCount=1)
    farm.ends(task, 2, 3, state="Failure", seconds=0.0, message="It stopped.")
    polled(limited)

    assert [card.frame for card in machines.seen(limited)] == [1]


def test_a_scene_that_fails_everywhere_is_said_to_in_the_headline(limited, farm):
    task, message = (
        farm.only_task(),
        "Frame 1 failed 3 times with the same error, so the rest was not tried: No camera.",
    )
    farm.ends(task, 1, 2, 3, state="Failure", message=message)
    task.state, task.errors = "Failure", [{"code": "SCENE_FAILS", "message": message, "debug": ""}]

    polled(limited)

    assert headline(polled(limited)).sentence == f"It stopped early. {message}"


def test_the_limit_and_the_priority_reach_the_farm(limited, farm):
    order = farm.only_task().order

    assert (order.cap_seconds, order.priority) == (7200, "high")
    assert order.own_fields() == {"capSeconds": 7200, "priority": "high"}


def test_a_render_that_reached_its_limit_says_how_far_it_came(limited, farm):
    stops(limited, farm, "CAP_REACHED", "It stopped at its limit of 2 render hours.")

    limited.refresh_from_db()
    said = headline(limited)
    assert (limited.state, limited.problem["id"]) == (JobState.FAILED, "cap_reached")
    assert said.sentence == "It stopped at its limit of 2 hours; 1 of 3 frames are done."
    assert "a limit of its own" in said.next_step
    assert "limit of their own" in limited.frame_set.get(number=2).problem["remedy"]


def test_a_limit_that_was_too_low_for_a_single_frame_promises_nothing_that_is_done():
    said = explain({"id": "cap_reached", "cap_seconds": 3, "done": 0, "total": 12, "makes_pictures": True})

    assert said.sentence == "It stopped at its limit of 3 seconds; none of 12 frames is done."
    assert said.remedy == "Nothing was taken from your hours. Give it a higher limit, and go on."


def test_a_frame_that_was_never_begun_names_no_machine(alice, client, limited, farm):
    farm.ends(farm.only_task(), 1, state="Failure", message="It stopped.")
    polled(limited)
    FarmInstance.objects.update(node="", cpu_model="EPYC")

    page = signed_in(client, alice).get(limited.get_absolute_url()).content.decode()

    assert "on no machine" in page
    assert "no machine yet" not in page and "EPYC" not in page


def test_a_render_whose_hours_ended_says_what_to_do(limited, farm):
    stops(limited, farm, "NO_HOURS", "No render hours are left on this account.")

    limited.refresh_from_db()
    assert limited.problem["id"] == "hours_used_up"
    assert headline(limited).sentence == "It stopped because no free render hours were left; 1 of 3 frames are done."


def test_the_missing_frames_go_on_with_the_limit_anew_or_a_higher_one(limited, farm, alice, client):
    stops(limited, farm, "CAP_REACHED", "It stopped at its limit of 2 render hours.")
    address = reverse("render_failed_again", args=[limited.pk])

    signed_in(client, alice).post(address, {"stop_at": "4,5"})
    job = Job.objects.get()
    submission.submit(job)

    again = [task.order for task in farm.tasks.values() if task.order.shortname.endswith("-2")]
    assert [(order.ranges, order.cap_seconds) for order in again] == [("2-3", 16_200)]


def test_a_limit_that_is_no_number_starts_nothing(limited, farm, alice, client):
    stops(limited, farm, "CAP_REACHED", "It stopped at its limit of 2 render hours.")

    signed_in(client, alice).post(reverse("render_failed_again", args=[limited.pk]), {"stop_at": "soon"})

    job = Job.objects.get()
    assert (job.state, job.cap_seconds) == (JobState.FAILED, 7200)


@pytest.mark.parametrize("typed", ["1e999999999999999", "1e300000", "NaN", "Infinity", "-1", "0", "0.0001", "1e7"])
def test_hours_that_nobody_can_mean_are_a_sentence(typed):
    form = StopAtForm({"stop_at": typed})

    assert form.errors["stop_at"] == ["Give a number of hours, such as 2 or 0.5, or leave it empty."]


def test_charlie_sets_no_limit_of_alices_render(limited, charlie, client):
    address = reverse("render_failed_again", args=[limited.pk])

    assert signed_in(client, charlie).post(address, {"stop_at": "9"}).status_code == 404
    assert Job.objects.get().cap_seconds == 7200


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("Not enough credits: no render hours are left on this account.", "no_hours_left"),
        ("Not enough credits: all render hours left on this account are held for renders.", "hours_held"),
    ],
)
def test_an_order_without_free_hours_says_why(scene, farm, words, problem):
    farm.refusal = words
    job = submission.order(scene, Order(profile="blender-4.5", frames="1"))

    submission.submit(job)

    job.refresh_from_db()
    assert job.problem["id"] == problem


def test_time_used_counts_at_the_rate_the_farm_tells(limited, farm, monkeypatch):
    task = farm.only_task()
    farm.ends(task, 1, seconds=10.0)
    told = task.to_json() | {"rate": 1.5}
    monkeypatch.setattr(task, "to_json", lambda: told)
    landed(limited, 1)

    polled(limited)

    limited.refresh_from_db()
    assert limited.used_seconds == 15


def test_time_used_is_what_the_ledger_shows_whole_seconds_of_each_frame(limited, farm, monkeypatch):
    task = farm.only_task()
    farm.ends(task, 1, 2, seconds=1.3)
    told = task.to_json() | {"rate": 2.5}
    monkeypatch.setattr(task, "to_json", lambda: told)
    landed(limited, 1, 2)

    polled(limited)

    limited.refresh_from_db()
    assert limited.used_seconds == 8  # 3.25 s each, of which 4 are taken


def test_the_sdk_hands_over_what_only_our_farm_knows_beside_its_own(monkeypatch):
    monkeypatch.setattr(qarnot.Connection, "_get", lambda self, url, **more: Answer({"storage": "http://s3"}))
    connection = qarnot.Connection(client_token="t", cluster_url="http://farm", storage_url="http://s3")
    posted = []
    monkeypatch.setattr(connection, "_post", lambda url, json, **more: posted.append(json) or Answer({"uuid": "u"}))
    order = farms.TaskOrder("film", "s", "blender-4.5", "1-3", {}, [], "out", cap_seconds=60, priority="low")

    farms.Farm("a@example.org", "t", connection).submit(order)

    assert (posted[0]["capSeconds"], posted[0]["priority"], posted[0]["advancedRanges"]) == (60, "low", "1-3")


class Answer:
    ok, status_code = True, 200

    def __init__(self, said):
        self.said = said
        self.text = json.dumps(said)

    def json(self):
        return self.said


def test_what_an_hour_costs_is_said_where_it_is_not_an_hour():
    costly, plain = profiles.read(POVRAY | {"rate": 1.5}), profiles.read(blender())

    assert quantities.rate_sentence(costly) == "An hour of rendering costs 1.5 render hours with POV-Ray."
    assert quantities.rate_sentence(plain) == ""


def test_what_an_hour_costs_holds_the_farms_licence_too():
    costly, plain = profiles.read(POVRAY | {"rate": 2}), profiles.read(POVRAY)
    seats, none_here = (Licence("sim", "Sim", 0.5, count, 0, False, ()) for count in (1, 0))

    assert quantities.rate_sentence(costly, seats) == (
        "An hour of rendering costs 2 render hours with POV-Ray, 2.5 with the farm's licence."
    )
    assert quantities.rate_sentence(plain, seats) == (
        "An hour of rendering costs 1 render hour with POV-Ray, 1.5 with the farm's licence."
    )
    assert quantities.rate_sentence(plain, none_here) == ""


def test_the_order_says_what_it_can_count_on(alice, bob):
    assert quantities.hours_free_sentence(alice) == "You have 60 h free."
    assert quantities.hours_free_sentence(bob) == "You have no render hours left. Ask the operator for more."

    ledger.hold(alice, 12 * 3600, "film", reference="film")
    assert quantities.hours_free_sentence(alice) == (
        "You have 48 h free; 12 h are held for renders that are under way."
    )
    ledger.hold(alice, 90 * 3600, "long film", reference="long film")
    assert quantities.hours_free_sentence(alice) == (
        "You have no render hours free: 60 h are held for renders that are under way."
    )


def test_the_head_of_a_page_tells_what_is_free_and_not_what_is_held(alice, client):
    ledger.hold(alice, 12 * 3600, "film", reference="film")
    client.force_login(alice)

    page = client.get("/renders/").content.decode()

    assert "48 h<span" in page and "60 h<span" not in page
