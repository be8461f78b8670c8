from datetime import timedelta

from django.utils import timezone

from jobs.domain import listing
from jobs.enums import JobState
from jobs.models import Job
from tests.pages.conftest import make_render, signed_in


def names(groups):
    return {group.title: [job.name for job in group.jobs] for group in groups if group.jobs}


def test_renders_stand_in_the_group_that_says_what_they_need(alice):
    for name, state in [
        ("broken", JobState.FAILED),
        ("running", JobState.RENDERING),
        ("stopping", JobState.CANCELLING),
        ("queued", JobState.WAITING),
        ("fine", JobState.COMPLETED),
        ("stopped", JobState.CANCELLED),
    ]:
        make_render(alice, name=name, state=state)

    assert names(listing.page(alice).groups) == {
        "Needs you": ["broken"],
        "Rendering": ["stopping", "running"],
        "Waiting": ["queued"],
        "Done": ["stopped", "fine"],
    }


def test_a_failure_of_last_month_needs_no_one_any_more(alice):
    make_render(alice, name="old", state=JobState.FAILED, created_at=timezone.now() - timedelta(days=30))

    assert names(listing.page(alice).groups) == {"Done": ["old"]}


def test_older_renders_follow_page_by_page_each_once(alice):
    for number in range(listing.PAGE_LENGTH + 5):
        make_render(alice, name=f"shot {number}", state=JobState.COMPLETED, frames=1, landed=1)

    first = listing.page(alice)
    second = listing.page(alice, cursor=first.next_cursor)

    seen = [job.name for page in (first, second) for group in page.groups for job in group.jobs]
    assert len(seen) == len(set(seen)) == listing.PAGE_LENGTH + 5
    assert second.next_cursor == ""


def test_the_list_costs_the_same_however_many_there_are(alice, alices_page, django_assert_max_num_queries):
    for number in range(20):
        make_render(alice, name=f"shot {number}", state=JobState.RENDERING, frames=2, landed=1)

    with django_assert_max_num_queries(10):
        page = alices_page.get("/renders/")

    assert page.content.decode().count('class="render-row"') == 20


def test_search_stays_in_the_address_and_finds_by_name(alice, alices_page):
    make_render(alice, name="Harbour, shot 1")
    make_render(alice, name="Corridor")

    page = alices_page.get("/renders/?q=harbour").content.decode()

    assert "Harbour, shot 1" in page
    assert "Corridor" not in page
    assert 'value="harbour"' in page


def test_charlie_sees_nothing_of_alices(render, charlie):
    page = signed_in(charlie).get("/renders/").content.decode()

    assert render.name not in page
    assert "Your pictures will hang here" in page


def test_a_cursor_that_makes_no_sense_shows_the_start(alice, alices_page):
    make_render(alice, name="Corridor")

    for cursor in ("x", "2026-99-99T00:00", "12:00"):
        assert "Corridor" in alices_page.get("/renders/", {"before": cursor}).content.decode()


def test_nobody_is_sent_to_sign_in(client, db):
    assert client.get("/renders/")["Location"].startswith("/accounts/login/")


def test_a_name_is_text_and_never_markup(alice, alices_page):
    make_render(alice, name="<script>alert(1)</script>")

    assert "<script>alert" not in alices_page.get("/renders/").content.decode()
    assert Job.objects.get().name.startswith("<script>")
