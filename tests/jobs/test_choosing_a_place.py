"""Choosing where a scene is rendered: what each place asks, and that nothing typed is lost between them."""

import re

import pytest
from django.urls import reverse

from jobs import profiles, software
from jobs.domain import orders
from jobs.enums import Where
from jobs.models import AddOn, Job, Library, Scene
from tests.profiles_on_offer import PLAIN_BLENDER, blender


@pytest.fixture
def offers(monkeypatch):
    """What Qarnot offers; the studio has Blender 4.5."""

    def offering(*told):
        known = {Where.STUDIO: (blender(),), Where.QARNOT: told}
        read = {where: tuple(profiles.read(said) for said in all_of) for where, all_of in known.items()}
        monkeypatch.setattr(software, "on_offer", lambda account, where=Where.STUDIO: read[where])

    return offering


PLAIN = {"name": "blender", "constants": PLAIN_BLENDER["constants"]}
OLD = {"name": "blender-2.92", "constants": PLAIN_BLENDER["constants"]}
NEWER = {"name": "blender-4.6", "constants": PLAIN_BLENDER["constants"]}


@pytest.mark.parametrize(
    ("offered", "proposed"),
    [((OLD, PLAIN, NEWER), "blender-4.6"), ((PLAIN, OLD), "blender"), ((OLD,), "blender-2.92")],
)
def test_the_nearest_newer_blender_there_is_proposed(scene, at_qarnot, offers, offered, proposed):
    offers(*offered)

    assert orders.proposed_profile(scene, Where.QARNOT).name == proposed


def test_the_form_is_made_of_qarnots_own_constants_in_our_words(scene, at_qarnot, offers, client):
    offers(PLAIN)
    client.force_login(scene.account)

    form = client.post(reverse("order_of_version", args=[scene.pk]), {"where": "qarnot"}).content.decode()

    assert 'value="qarnot" checked' in form
    assert "Its files are copied there first." in form
    assert "Pictures as" in form and 'name="blend_cycles_samples" value="64"' in form
    assert "Bring an add-on" not in form and "blender-4.5" not in form


def test_while_qarnot_says_nothing_the_studio_can_be_chosen_again(scene, at_qarnot, offers, client):
    offers()
    client.force_login(scene.account)

    said = client.post(reverse("order_of_version", args=[scene.pk]), {"where": "qarnot"}).content.decode()

    assert "Qarnot does not say at the moment what it can render this with." in said
    assert 'value="studio"' in said


TYPED = {
    "profile": "blender-4.5", "name": "Night", "frames": "3-9", "stop_at": "2", "priority": "high",
    "blend_slicing": "2", "add_ons_asked": "yes",
}  # fmt: skip


@pytest.mark.parametrize("told", [(), (PLAIN,)], ids=["while it is silent", "where less is asked"])
def test_what_was_typed_is_there_again_after_a_look_at_the_other_place(scene, at_qarnot, offers, client, told):
    offers(*told)
    always_on = AddOn.objects.create(account=scene.account, name="Paint", state="ready", is_on=True)
    library = Library.objects.create(account=scene.account, name="Oak", bucket="library-oak")
    client.force_login(scene.account)
    typed = TYPED | {"add_ons": str(always_on.pk), "libraries": str(library.pk)}

    there = client.post(reverse("order_of_version", args=[scene.pk]), typed | {"where": "qarnot"})
    posted = hidden_and_typed(there) | {"where": "studio"}
    form = client.post(reverse("order_of_version", args=[scene.pk]), posted).content.decode()

    for name in ("name", "frames", "stop_at"):
        assert re.search(rf'name="{name}"[^>]* value="{TYPED[name]}"', form)
    assert '<option value="high" selected>' in form and '<option value="2" selected>' in form
    assert f'name="add_ons" value="{always_on.pk}" checked' in form
    assert f'name="libraries" value="{library.pk}" checked' in form


def hidden_and_typed(page):
    """What a browser would post of the form; of choices, the one that is made."""
    found = re.findall(r'<input [^>]*?name="(\w+)"[^>]*?value="([^"]*)"([^>]*)', page.content.decode())
    is_choice = ("where", "libraries", "add_ons")
    return {name: value for name, value, rest in found if name not in is_choice or "checked" in rest or rest == ""}


def test_what_was_never_asked_is_proposed_when_it_is_asked_first(scene, at_qarnot, offers, client):
    offers(PLAIN)
    always_on = AddOn.objects.create(account=scene.account, name="Paint", state="ready", is_on=True)
    client.force_login(scene.account)
    typed = {"where": "studio", "profile": "blender", "name": "Night", "frames": "3-9"}

    form = client.post(reverse("order_of_version", args=[scene.pk]), typed).content.decode()

    assert f'name="add_ons" value="{always_on.pk}" checked' in form


def test_add_ons_chosen_for_the_studio_do_not_refuse_an_order_at_qarnot(scene, at_qarnot, offers, client):
    offers(PLAIN)
    client.force_login(scene.account)
    typed = {"where": "qarnot", "profile": "blender", "name": "Night", "frames": "3-9", "add_ons": "x"}

    client.post(reverse("order", args=[scene.pk]), typed)

    assert Job.objects.get().farm == Where.QARNOT


def test_an_order_for_qarnot_is_not_rendered_elsewhere_when_the_token_is_gone(scene, client):
    client.force_login(scene.account)
    typed = {"where": "qarnot", "profile": "blender-4.5", "frames": "1", "name": "x"}

    answer = client.post(reverse("order", args=[scene.pk]), typed)

    assert answer.status_code == 422
    assert "There is no Qarnot token on your account." in answer.content.decode()
    assert not Job.objects.exists()


def test_without_a_token_there_is_no_choice(scene, client):
    client.force_login(scene.account)

    assert 'name="where"' not in client.get(reverse("new_render")).content.decode()
    assert 'name="where"' not in client.get(reverse("scene_part", args=[scene.pk])).content.decode()


def test_a_new_scene_goes_where_it_was_chosen_to_go(client, alice, charlie, at_qarnot):
    def made(account, **said):
        client.force_login(account)
        return client.post(reverse("scenes_create"), {"name": "x", **said}, content_type="application/json")

    assert made(alice, where="qarnot").status_code == 200
    assert Scene.objects.get().stored_at == Where.QARNOT
    assert made(charlie, where="qarnot").json() == {
        "problem": "There is no Qarnot token on your account. Give one on the Account page."
    }
    assert made(charlie).status_code == 200
    assert Scene.objects.get(account=charlie).stored_at == Where.STUDIO
