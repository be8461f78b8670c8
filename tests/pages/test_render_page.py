import pytest
from django.template.loader import render_to_string

from jobs.domain.headline import headline
from jobs.domain.wall import STRETCH
from jobs.enums import FrameState, JobState
from jobs.models import FarmInstance, Frame, Job
from tests.pages.conftest import make_render, signed_in


def test_the_page_says_where_the_render_is_and_shows_the_newest_picture(alices_page, render):
    page = alices_page.get(f"/renders/{render.pk}/")

    assert headline(render).sentence in page.content.decode()
    assert page.context["latest"].number == 3
    assert f"/renders/{render.pk}/frames/3/preview/" in page.content.decode()


def test_it_costs_the_same_however_many_frames_there_are(alice, alices_page, scene, django_assert_max_num_queries):
    job = make_render(alice, scene, frames=200, landed=150)

    with django_assert_max_num_queries(14):
        page = alices_page.get(f"/renders/{job.pk}/").content.decode()

    assert page.count('class="frame"') == 200
    assert page.count('class="machine"') == 200


def test_a_wall_of_thousands_comes_in_stretches(alice, alices_page):
    job = make_render(alice, frames=STRETCH * 2 + 10, landed=0)

    numbers, address = [], f"/renders/{job.pk}/"
    while address:
        page = alices_page.get(address)
        wall = page.context["wall"]
        numbers += [frame.number for frame in wall.frames]
        address = f"/renders/{job.pk}/?frames_after={wall.next_after}" if wall.next_after is not None else ""

    assert numbers == list(range(1, STRETCH * 2 + 11))


@pytest.mark.parametrize("address", ["", "frames/1/", "?frames_after=2"])
def test_charlie_finds_nothing_at_alices_addresses(render, charlie, address):
    assert signed_in(charlie).get(f"/renders/{render.pk}/{address}").status_code == 404


@pytest.mark.parametrize("deed", ["cancel", "again"])
def test_charlie_can_neither_cancel_nor_repeat(render, charlie, deed):
    assert signed_in(charlie).post(f"/renders/{render.pk}/{deed}/").status_code == 404
    assert Job.objects.get().state == JobState.RENDERING


def test_cancelling_is_asked_for_and_leads_back(alices_page, render):
    answer = alices_page.post(f"/renders/{render.pk}/cancel/", follow=True)

    assert answer.redirect_chain[-1][0] == f"/renders/{render.pk}/"
    assert Job.objects.get().state in (JobState.CANCELLING, JobState.CANCELLED)


def test_a_render_that_is_over_says_so_instead_of_being_cancelled(alice, alices_page):
    job = make_render(alice, state=JobState.COMPLETED)

    answer = alices_page.post(f"/renders/{job.pk}/cancel/", follow=True)

    assert "already" in str(next(iter(answer.context["messages"])))
    assert Job.objects.get().state == JobState.COMPLETED


def test_a_link_can_neither_cancel_nor_repeat(alices_page, render):
    assert alices_page.get(f"/renders/{render.pk}/cancel/").status_code == 405
    assert alices_page.get(f"/renders/{render.pk}/again/").status_code == 405


def test_a_frame_keeps_its_space_before_it_lands(render):
    waiting = Frame.objects.get(number=6)

    part = render_to_string("jobs/parts/frame.html", {"job": render, "frame": waiting})

    assert 'viewBox="0 0 960 540"' in part
    assert "<img" not in part


def test_a_frame_is_not_offered_large_before_its_preview_is_made(render):
    Frame.objects.filter(number=1).update(preview="")

    part = render_to_string("jobs/parts/frame.html", {"job": render, "frame": Frame.objects.get(number=1)})

    assert "data-picture" not in part
    assert f"/renders/{render.pk}/frames/1/thumbnail/" in part


def test_a_frame_that_looks_odd_says_so_in_words(render):
    Frame.objects.filter(number=1).update(looks="black")

    part = render_to_string("jobs/parts/frame.html", {"job": render, "frame": Frame.objects.get(number=1)})

    assert "looks black" in part


def test_the_page_of_a_pink_frame_says_what_to_do(alices_page, render):
    Frame.objects.filter(number=1).update(looks="pink")

    page = alices_page.get(f"/renders/{render.pk}/frames/1/").content.decode()

    assert "the pink of a missing texture. Look at the missing files" in page


def test_what_a_farm_says_is_text_and_never_markup(render):
    bad = "<img src=x onerror=alert(1)>"
    instance = FarmInstance(job=render, instance_id=1, phase=bad, node=bad, cpu_model=bad, error=bad)

    part = render_to_string("jobs/parts/machine.html", {"job": render, "instance": instance})

    assert "<img" not in part


def test_the_parts_of_the_page_carry_no_inline_script_or_style(alices_page, render):
    page = alices_page.get(f"/renders/{render.pk}/").content.decode()

    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page


def test_a_frame_shows_its_neighbours_that_have_landed(alices_page, render):
    Frame.objects.filter(number=2).update(state=FrameState.FAILED, key="")

    around = alices_page.get(f"/renders/{render.pk}/frames/1/").context["around"]

    assert (around.previous, around.next) == (None, 3)


def test_a_frame_nobody_ordered_is_not_there(alices_page, render):
    assert alices_page.get(f"/renders/{render.pk}/frames/99/").status_code == 404
