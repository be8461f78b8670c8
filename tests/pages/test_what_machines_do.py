"""What an artist sees of the machines: the town that is warmed, what a render weighs, why a frame waits."""

import pytest
from django.template.loader import render_to_string

from jobs import farms
from jobs.domain import carbon
from jobs.domain.revisions import change
from jobs.enums import JobState, Where
from jobs.models import CarbonFacts, FarmInstance
from tests.jobs.fake_farm import FakeFarm, FakeTask
from tests.pages.conftest import WEIGHED, make_render

WAITS = {"position": 12, "code": "slot", "reason": "All machines are busy."}


@pytest.fixture
def farm(monkeypatch):
    fake = FakeFarm()
    monkeypatch.setattr(farms, "of", lambda account, where=Where.STUDIO: fake.of(account, where))
    return fake


@pytest.fixture
def waiting(alice, farm):
    """A render of alice's whose frame 5 waits, with the farm."""
    task = FakeTask(None, alice.pk, Where.STUDIO, waits={5: dict(WAITS)})
    farm.tasks[task.uuid] = task
    job = make_render(alice, state=JobState.WAITING, landed=0, farm_task_uuid=task.uuid)
    job.instances.all().delete()
    return job


def weigh(job, **more):
    with change(job.pk) as revision:
        facts = {"told": carbon.read(WEIGHED | more), "revision": revision}
        CarbonFacts.objects.update_or_create(job=job, farm_task_uuid="x", defaults=facts)


def test_the_page_names_the_town_a_render_warms(alices_page, render):
    render.instances.update(place="Lyon", is_heating=True)

    assert "This render warms Lyon." in alices_page.get(f"/renders/{render.pk}/").content.decode()


def test_a_card_shows_the_machine_its_town_its_processor_and_its_memory(render):
    told = {"node": "atelier-3", "place": "Lyon", "cpu_model": "AMD Ryzen 7", "memory_mb": 1812.4}
    instance = FarmInstance(job=render, instance_id=1, phase="execution", **told)

    card = render_to_string("jobs/parts/machine.html", {"job": render, "instance": instance})

    assert "atelier-3, Lyon" in card and "AMD Ryzen 7" in card and "1,812 MB memory" in card


def test_the_carbon_card_is_there_only_where_the_farm_tells_carbon_facts(alices_page, render):
    address = f"/renders/{render.pk}/"
    assert 'class="carbon"' not in alices_page.get(address).content.decode()

    weigh(render)

    page = alices_page.get(address).content.decode()
    assert "Estimate" in page and "4.5 g less than in a data centre (average of the European Union)" in page
    assert "Lyon: 30 minutes × 32 W × 56 g a kWh = 0.90 g" in page


def test_a_farm_that_does_not_say_what_its_figures_are_made_of_is_not_guessed_at(alices_page, render):
    weigh(render, sites=None)

    page = alices_page.get(f"/renders/{render.pk}/").content.decode()

    assert "It does not tell the hours, the watts and the grid they come from." in page
    assert "Hours measured" not in page


def test_what_a_farm_calls_its_sites_is_text_and_never_markup(alices_page, render):
    bad = "<img src=x onerror=alert(1)>"
    weigh(render, equivalent_datacenter_name=bad, sites=[{"place": bad, "hours": 1}])

    assert "<img src=x" not in alices_page.get(f"/renders/{render.pk}/").content.decode()


def test_only_a_frame_that_waits_can_be_asked_why(waiting):
    frame = waiting.frame_set.get(number=5)
    assert "data-why" in render_to_string("jobs/parts/frame.html", {"job": waiting, "frame": frame})

    frame.state = "rendering"

    assert "data-why" not in render_to_string("jobs/parts/frame.html", {"job": waiting, "frame": frame})


browser = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestInABrowser:
    pytestmark = browser

    def test_a_waiting_frame_that_is_opened_says_why_it_waits(self, open_page, live_server, waiting):
        page = open_page(360)
        page.goto(f"{live_server.url}/renders/{waiting.pk}/")

        page.click("#frame-5 button")

        page.wait_for_selector(".why:has-text('Frame 5 waits: 12th in line. All machines are busy.')")
        assert page.inner_text("[data-why-label]") == "Waiting for a machine"
        box = page.locator(".why").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] + box["height"] <= 740

    def test_the_keyboard_opens_and_closes_it_and_keeps_its_place(self, open_page, live_server, waiting):
        page = open_page(1280)
        page.goto(f"{live_server.url}/renders/{waiting.pk}/")

        page.focus("#frame-5 button")
        page.keyboard.press("Enter")
        page.wait_for_selector(".why:has-text('12th in line')")
        page.keyboard.press("Escape")

        assert not page.is_visible(".why")
        assert page.evaluate("document.activeElement.closest('.frame').id") == "frame-5"

    def test_it_is_asked_again_while_it_is_open(self, open_page, live_server, waiting, farm):
        page = open_page(1280)
        page.clock.install()
        page.goto(f"{live_server.url}/renders/{waiting.pk}/")
        page.click("#frame-5 button")
        page.wait_for_selector(".why:has-text('12th in line')")

        farm.only_task().waits[5]["position"] = 2
        page.clock.run_for(5_000)
        page.wait_for_selector(".why:has-text('2nd in line')")

        waiting.frame_set.filter(number=5).update(state="rendering")
        page.clock.run_for(5_000)
        page.wait_for_selector(".why:has-text('Frame 5 waits no longer: rendering.')")

    def test_the_page_of_a_frame_says_why_it_waits_and_goes_on_with_it(self, open_page, live_server, waiting):
        page = open_page(360)
        page.clock.install()
        page.goto(f"{live_server.url}/renders/{waiting.pk}/frames/5/")
        page.wait_for_selector(".viewer-stage:has-text('Frame 5 waits: 12th in line. All machines are busy.')")

        waiting.frame_set.filter(number=5).update(state="rendering")
        page.clock.run_for(5_000)
        page.wait_for_selector(".viewer-stage:has-text('This frame is being rendered.')")

        waiting.frame_set.filter(number=5).update(state="done", key="0005.png")
        page.clock.run_for(5_000)
        page.wait_for_selector("a:has-text('Download')")

    def test_new_figures_leave_the_method_open(self, open_page, live_server, render):
        weigh(render)
        page = open_page(1280)
        page.goto(f"{live_server.url}/renders/{render.pk}/")
        page.click(".carbon summary")

        weigh(render, qarnot_carbon_footprint=1.8)

        page.wait_for_selector(".carbon-weight:has-text('1.8 g')")
        assert page.get_attribute(".carbon details", "open") is not None

    def test_a_card_that_comes_late_finds_its_place(self, open_page, live_server, render):
        page = open_page(1280)
        page.goto(f"{live_server.url}/renders/{render.pk}/")

        weigh(render)

        page.wait_for_selector(".render-side .carbon-weight:has-text('0.90 g')")
        assert page.said == []
