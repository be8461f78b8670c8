"""An artist's own licences on their account page, and whose is taken in an order. The farm is the real one."""

import re

import pytest
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter

from farm import secrets
from farm.models import Licence, Secret, Task
from farm.storage import backing
from jobs import farms, profiles, software
from jobs.domain import licences, scenes, submission
from jobs.models import Job
from jobs.problems.of_jobs import remedy_for
from tests.profiles_on_offer import blender

pytestmark = pytest.mark.django_db(transaction=True)
PART = "/account/licences/"


@pytest.fixture(autouse=True)
def farm(live_server, settings):
    settings.FARM_URL = f"{live_server.url}/farm"


@pytest.fixture
def vray(db):
    return Licence.objects.create(
        name="vray", title="V-Ray", profiles=["blender"], seats=2, extra_rate=0.5,
        host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", key_constant="LICENSE_KEY",
    )  # fmt: skip


@pytest.fixture
def needs_vray(monkeypatch, vray):
    """Blender, as if it needed one."""
    known = (profiles.read(blender(licenses=[{"name": "vray", "maxInstances": 2, "maxCores": None}])),)
    monkeypatch.setattr(software, "on_offer", lambda account, where=None: known)


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def gives(client, value, kind="server"):
    return client.post(f"{PART}vray/{kind}/", {"value": value}, follow=True).content.decode()


def part_of(client):
    return client.get(PART).content.decode()


def order_of(client, scene):
    return " ".join(client.get(reverse("scene_part", args=[scene.pk])).content.decode().split())


# --- the account page -----------------------------------------------------------------------------


def test_a_farm_without_licences_shows_nothing(as_alice):
    assert part_of(as_alice).strip() == ""


def test_the_account_page_asks_for_the_part(as_alice):
    assert f'hx-get="{PART}"' in as_alice.get("/account/").content.decode()


def test_a_server_is_given_once_and_never_shown_again(as_alice, alice, vray):
    page = gives(as_alice, " licences.studio.example:27000 ")

    assert "Your V-Ray licence is kept." in page
    assert secrets.get(alice, "licences/vray/server") == "licences.studio.example:27000"
    shown = part_of(as_alice)
    assert "kept since" in shown
    assert "studio.example:27000" not in shown


def test_it_is_replaced(as_alice, alice, vray):
    gives(as_alice, "old.studio.example:27000")
    gives(as_alice, "new.studio.example:27001")

    assert secrets.get(alice, "licences/vray/server") == "new.studio.example:27001"


def test_it_is_removed(as_alice, alice, vray):
    gives(as_alice, "AAAA-BBBB", kind="key")

    page = as_alice.post(f"{PART}vray/key/remove/", follow=True).content.decode()

    assert "Your V-Ray licence is removed." in page
    assert not Secret.objects.exists()
    assert "kept since" not in part_of(as_alice)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("licences.studio.example", "A licence server is written as host:port"),
        ("me@licences.studio.example:27000", "A licence server is written as host:port"),
        ("127.0.0.1:6379", "This farm does not connect to that address."),
        ("  ", "Enter the address of your licence server first."),
    ],
)
def test_what_will_not_do_is_refused_with_a_sentence(as_alice, vray, value, sentence):
    assert sentence in gives(as_alice, value)
    assert not Secret.objects.exists()


def test_a_licence_that_the_farm_does_not_have_is_refused(as_alice, vray):
    page = as_alice.post(f"{PART}houdini/server/", {"value": "a.example:1"}, follow=True).content.decode()

    assert "does not take this licence any more" in page
    assert not Secret.objects.exists()


def test_charlie_neither_sees_nor_removes_alices(as_alice, alice, charlie, vray):
    gives(as_alice, "licences.studio.example:27000")
    as_alice.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")

    assert "kept since" not in part_of(as_alice)
    as_alice.post(f"{PART}vray/server/remove/")
    assert secrets.get(alice, "licences/vray/server") == "licences.studio.example:27000"


def test_a_stranger_is_asked_to_sign_in(client, vray):
    assert client.get(PART).status_code == client.post(f"{PART}vray/server/").status_code == 302


def test_a_farm_that_is_silent_is_said(as_alice, vray, settings):
    settings.FARM_URL = "http://127.0.0.1:1"

    assert "The farm does not answer." in part_of(as_alice)
    assert "The farm does not answer." in gives(as_alice, "licences.studio.example:27000")


# --- the order ------------------------------------------------------------------------------------


def test_a_farm_that_refuses_the_account_says_so(as_alice, vray, monkeypatch):
    def refused(account):
        raise farms.FarmRefused("This account is suspended.")

    monkeypatch.setattr(licences, "every", refused)
    for address in ("licence_keep", "licence_remove"):
        answer = as_alice.post(reverse(address, args=["vray", "server"]), {"value": "x:1"}, follow=True)
        assert "This account is suspended." in answer.content.decode()


def test_what_is_given_is_in_no_report_of_an_error(as_alice, vray, monkeypatch):
    def broken(*given):
        raise ZeroDivisionError

    monkeypatch.setattr(licences, "keep", broken)
    as_alice.raise_request_exception = False
    asked = as_alice.post(reverse("licence_keep", args=["vray", "server"]), {"value": "x:1"}).wsgi_request

    assert SafeExceptionReporterFilter().get_post_parameters(asked)["value"] != "x:1"


def test_the_order_says_what_a_seat_costs_and_where_ones_own_is_given(as_alice, scene, needs_vray):
    page = order_of(as_alice, scene)

    assert "The farm&#x27;s licence: 0.5 render hours an hour more. 2 seats, 2 free now." in page
    assert '<a href="/account/#licences">Give it once on your account page</a>' in page


def test_ones_own_is_proposed_where_it_was_brought(as_alice, scene, needs_vray):
    gives(as_alice, "licences.studio.example:27000")

    page = order_of(as_alice, scene)

    assert "Your own V-Ray licence: no extra cost." in page
    assert re.search(r'<input[^>]*value="own"[^>]*checked', page), re.findall(r"<input[^>]*licence[^>]*>", page)
    assert "Give it once" not in page


def test_software_that_needs_none_does_not_ask(as_alice, scene, vray):
    assert 'name="licence"' not in order_of(as_alice, scene)


@pytest.mark.parametrize(("chosen", "is_own", "rate"), [("own", True, 1.0), ("onDemand", False, 1.5)])
def test_what_is_chosen_reaches_the_farm(as_alice, scene, store, needs_vray, chosen, is_own, rate):
    gives(as_alice, "licences.studio.example:27000")
    typed = {"profile": "blender-4.5", "frames": "1", "name": "basalt", "licence": chosen}
    as_alice.post(reverse("order", args=[scene.pk]), typed)
    backing.create_bucket(scene.account, scenes.SCENES_BUCKET)

    submission.submit(Job.objects.get())

    task = Task.objects.get()
    assert (task.brings_licence, task.rate) == (is_own, rate)
    page = as_alice.get(Job.objects.get().get_absolute_url()).content.decode()
    assert ("your own" if is_own else "the farm&#x27;s") in page


def test_without_seats_and_without_ones_own_the_order_is_refused_beside_the_field(as_alice, scene, needs_vray):
    Licence.objects.update(seats=0)
    typed = {"profile": "blender-4.5", "frames": "1", "name": "basalt"}

    answer = as_alice.post(reverse("order", args=[scene.pk]), typed)

    assert answer.status_code == 422
    assert (
        "This farm has no V-Ray licence of its own. Give yours on your account page first." in answer.content.decode()
    )
    assert not Job.objects.exists()


def test_a_licence_server_that_does_not_answer_sends_to_the_account_page():
    said = remedy_for("Your V-Ray licence server does not answer. Check that it runs.", makes_pictures=True)

    assert said == "Look at your licence on the account page, then press “Render the missing frames again”."
