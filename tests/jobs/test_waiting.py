"""Why something waits, in the farm's own words: the render, and each frame of it."""

import pytest

from jobs.domain import lifecycle, submission, waiting
from jobs.domain.headline import headline
from jobs.domain.orders import Order
from jobs.enums import FrameState, JobState
from jobs.models import Frame
from jobs.templatetags.renders import row_sentence
from tests.jobs.test_sync import polled

pytestmark = pytest.mark.usefixtures("store")

BUSY = "All machines are busy."


@pytest.fixture
def answer_for(client, alice, job):
    """What alice's page is told when she opens a waiting frame."""
    client.force_login(alice)
    return lambda number, of=job: client.get(f"/renders/{of.pk}/frames/{number}/waiting/").json()


def test_a_render_says_its_place_in_line_and_why(job, farm):
    task = farm.only_task()
    task.waiting_reason, task.waiting_code, task.waiting_position = BUSY, "slot", 3

    said = headline(polled(job))

    assert (said.sentence, said.next_step) == ("Waiting for a machine.", "3rd in line. All machines are busy.")


def test_a_render_that_waits_for_a_licence_says_so_in_its_headline(job, farm):
    farm.only_task().waiting_code = "seat"

    job = polled(job)

    assert headline(job).sentence == "Waiting for a licence."
    assert row_sentence(job) == "Waiting for a licence, 3 frames"


def test_a_render_with_frames_done_says_what_the_rest_waits_for(job, farm):
    farm.only_task().waiting_code = "limit"
    job = polled(job)
    job.frames_done_count = 1

    sentence = headline(job).sentence

    assert sentence == "1 of 3 frames are done; waiting: your own limit of machines at once."


def test_of_a_code_nobody_knows_only_the_sentence_is_said(job, farm):
    task = farm.only_task()
    task.waiting_reason, task.waiting_code = "The moon is in the way.", "moon"

    said = headline(polled(job))

    assert (said.sentence, said.next_step) == ("Waiting for a machine.", "The moon is in the way.")


def test_a_new_place_in_line_is_told_to_open_pages(job, farm):
    farm.only_task().waiting_position = 3
    before = polled(job).revision
    farm.only_task().waiting_position = 2

    assert polled(job).revision > before
    assert headline(job).next_step == "2nd in line."


@pytest.mark.parametrize("position", [0, -1, "3", True, None, 2.5, 10**30])
def test_what_is_no_place_in_line_is_none(job, farm, position):
    farm.only_task().waiting_position = position

    assert polled(job).waiting_position is None


def test_a_render_ordered_again_forgets_what_it_waited_for(job, farm):
    farm.only_task().waiting_code, farm.only_task().waiting_position = "slot", 3
    lifecycle.fail(polled(job), {"id": "unknown"})

    submission.render_failed_again(job)

    job.refresh_from_db()
    assert (job.waiting_code, job.waiting_position) == ("", None)


def test_a_waiting_frame_says_its_place_in_line_and_why(answer_for, farm):
    farm.only_task().waits[2] = {"position": 12, "code": "slot", "reason": BUSY}

    assert answer_for(2) == {
        "sentence": "Frame 2 waits: 12th in line. All machines are busy.",
        "label": "Waiting for a machine",
        "is_waiting": True,
        "state": "waiting",
    }


def test_a_frame_that_waits_for_a_licence_says_so_in_one_sentence(answer_for, farm):
    reason = "It waits for a V-Ray licence: the only seat is in use."
    farm.only_task().waits[2] = {"position": None, "code": "seat", "reason": reason}

    assert answer_for(2)["sentence"] == "Frame 2 waits for a V-Ray licence: the only seat is in use."


def test_a_frame_that_waits_for_what_is_not_known_here_has_the_farms_sentence_only(answer_for, farm):
    farm.only_task().waits[2] = {"position": None, "code": "moon", "reason": "The moon is in the way."}

    said = answer_for(2)

    assert (said["sentence"], said["label"]) == ("Frame 2 waits: The moon is in the way.", "")


def test_a_frame_that_began_meanwhile_waits_no_longer(answer_for, job):
    Frame.objects.filter(job=job, number=2).update(state=FrameState.RENDERING)

    said = answer_for(2)

    assert said["sentence"] == "Frame 2 waits no longer: rendering."
    assert (said["is_waiting"], said["state"]) == (False, "rendering")


def test_a_farm_that_does_not_say_why_leaves_no_frame_without_a_sentence(answer_for):
    assert answer_for(2)["sentence"] == "Frame 2 has no machine yet. It begins by itself."


def test_a_farm_that_is_down_is_a_sentence(answer_for, farm):
    farm.is_down = True

    said = answer_for(2)

    assert said["sentence"] == "The farm does not answer at the moment. Frame 2 keeps its place."
    assert said["is_waiting"]


def test_a_frame_of_a_render_that_is_not_with_the_farm_yet_says_so(answer_for, scene):
    fresh = submission.order(scene, Order("blender-4.5", "1-2"))

    assert answer_for(1, fresh)["sentence"] == "Frame 1 waits: the render is being handed to the farm."


def test_a_frame_of_a_render_that_is_being_cancelled_is_promised_nothing(answer_for, job):
    lifecycle.move(job, JobState.CANCELLING)

    assert answer_for(2)["sentence"] == "Frame 2 will not be rendered: the render is being cancelled."


def test_of_a_frame_in_tiles_the_first_that_waits_answers(answer_for, scene, farm):
    tiled = submission.order(scene, Order("blender-4.5", "12,13", {"BLEND_SLICING": "2"}))
    submission.submit(tiled)
    tiled.refresh_from_db()
    task = farm.tasks[tiled.farm_task_uuid]
    task.waits |= {
        65: {"position": 4, "code": "retry", "reason": "It failed on node-1."},
        66: {"position": 5, "code": "slot", "reason": BUSY},
        69: {"position": None, "code": "tiles", "reason": "Its tiles are not there yet."},
    }

    assert answer_for(13, tiled)["sentence"] == "Frame 13 waits: 4th in line. It failed on node-1."

    farm.runs(task, 65, frameId=13, part=0, tileSide=2)
    polled(tiled)
    Frame.objects.filter(job=tiled).update(state=FrameState.WAITING)
    assert answer_for(13, tiled)["sentence"] == "Frame 13 waits: 5th in line. All machines are busy."


def test_what_a_farm_says_of_a_frame_is_short_and_without_control_characters(answer_for, farm):
    farm.only_task().waits[2] = {"position": None, "code": "slot", "reason": "\x1b[31mred\x1b[0m\n" + "x" * 1000}

    sentence = answer_for(2)["sentence"]

    assert "\x1b" not in sentence and "\n" not in sentence and len(sentence) < 330


def test_charlie_is_told_nothing_of_alices_frame(client, charlie, job):
    client.force_login(charlie)

    assert client.get(f"/renders/{job.pk}/frames/2/waiting/").status_code == 404


def test_a_frame_nobody_ordered_is_not_there(client, alice, job):
    client.force_login(alice)

    assert client.get(f"/renders/{job.pk}/frames/99/waiting/").status_code == 404


@pytest.mark.parametrize(
    "number, words", [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (1021, "1,021st")]
)
def test_a_place_in_line_is_said_as_people_say_it(number, words):
    assert waiting.ordinal(number) == words
