"""A licence given on the account page and chosen in the order, in a browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from farm.models import Licence
from tests.pages.test_every_page import GRAVE
from tests.profiles_on_offer import blender

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def farm(live_server, settings, offers):
    """The real one, whose Blender needs a licence."""
    settings.FARM_URL = f"{live_server.url}/farm"
    offers(blender(licenses=[{"name": "vray", "maxInstances": 2, "maxCores": None}]))
    Licence.objects.create(
        name="vray", title="V-Ray", profiles=["blender"], seats=2, extra_rate=0.5,
        host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", key_constant="LICENSE_KEY",
    )  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1280, "dark")])
def test_it_is_given_once_and_then_proposed(open_page, live_server, scene, width, theme):
    page = open_page(width, theme)
    address = f"{live_server.url}/renders/new/?scene={scene.pk}"
    page.goto(address)
    assert page.is_checked("[name=licence][value=onDemand]")
    faults = faults_of(page)

    page.click("text=Give it once on your account page")
    page.fill("#licence-vray-server", "licences.studio.example:27000")
    page.click("text=Keep the V-Ray server")
    page.wait_for_selector("#licences:has-text('kept since')")
    faults += faults_of(page)

    page.goto(address)
    assert page.is_checked("[name=licence][value=own]")
    page.click("text=The farm's licence: 0.5 render hours an hour more.")
    assert page.is_checked("[name=licence][value=onDemand]")
    faults += faults_of(page)
    assert faults == []
    assert page.said == []


def faults_of(page):
    found = Axe().run(page).response["violations"]
    grave = [(page.url, fault["id"], fault["nodes"][0]["target"]) for fault in found if fault["impact"] in GRAVE]
    is_too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*grave, *([(page.url, "too wide")] if is_too_wide else [])]
