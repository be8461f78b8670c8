"""Licences that software needs: whose, and what they cost."""

import pytest

from farm import licences, secrets
from farm.models import Licence, Task
from farm.submission import Refused, create_task
from tests.farm.vray import BODY, brings, node, vray

__all__ = ["node", "vray"]


# --- whose licence an order takes ----------------------------------------------------------------


def test_an_order_on_demand_costs_the_licences_rate_more(alice, vray):
    task = create_task(alice, BODY)

    assert (task.licence, task.brings_licence, task.rate) == (vray, False, 1.5)


def test_who_brought_a_licence_takes_it_and_pays_nothing_more(alice, vray):
    brings(alice)

    task = create_task(alice, BODY)

    assert (task.licence, task.brings_licence, task.needs_relay, task.rate) == (vray, True, True, 1.0)


def test_a_key_needs_no_way_out(alice, vray):
    brings(alice, "key", "AAAA-BBBB-CCCC")

    assert create_task(alice, BODY).needs_relay is False


@pytest.mark.parametrize(
    "said", [{"licence": "onDemand"}, {"labels": {"licence": "onDemand"}}, {"Licence": "onDemand"}]
)
def test_the_order_may_say_which(alice, vray, said):
    brings(alice)

    assert create_task(alice, {**BODY, **said}).brings_licence is False


def test_a_label_of_ones_own_words_is_no_choice(alice, vray):
    assert create_task(alice, {**BODY, "labels": {"licence": "MIT"}}).licence == vray


def test_an_unknown_word_is_refused(alice, vray):
    with pytest.raises(Refused, match=r"“onDemand” .* or “own”"):
        create_task(alice, {**BODY, "licence": "stolen"})


def test_alices_licence_is_not_charlies(alice, charlie, vray):
    brings(alice)

    with pytest.raises(Refused, match="You have brought no V-Ray licence"):
        create_task(charlie, {**BODY, "licence": "own"})


def test_a_farm_without_seats_says_what_to_do(alice, vray):
    Licence.objects.update(seats=0)

    with pytest.raises(Refused, match=r"no V-Ray licence of its own\. Bring your own"):
        create_task(alice, BODY)


def test_a_farm_that_takes_none_but_its_own_says_so(alice, vray):
    brings(alice)
    Licence.objects.update(allows_own=False)

    assert create_task(alice, BODY).brings_licence is False
    with pytest.raises(Refused, match="takes no V-Ray licence but its own"):
        create_task(alice, {**BODY, "licence": "own"})


def test_software_that_needs_none_is_ordered_as_ever(alice, vray):
    task = create_task(alice, {**BODY, "profile": "povray-3.7", "licence": "own"})

    assert (task.licence, task.rate) == (None, 1.0)


def test_a_render_again_takes_the_same_licence(alice, ask, vray):
    brings(alice)
    task = create_task(alice, {**BODY, "licence": "onDemand"})

    copied = ask(alice, "POST", f"tasks/{task.pk}/clone").json()["uuid"]

    assert Task.objects.get(pk=copied).brings_licence is False


# --- what the API tells --------------------------------------------------------------------------


def test_a_profile_tells_its_licence_and_whether_one_was_brought(alice, charlie, ask, vray):
    brings(alice)

    (hers,) = ask(alice, "GET", "profiles/blender-4.5").json()["licenses"]
    (his,) = ask(charlie, "GET", "profiles/blender-4.5").json()["licenses"]

    assert (hers["name"], hers["maxInstances"], hers["maxCores"]) == ("vray", 2, None)
    assert (hers["title"], hers["extraRate"], hers["seats"], hers["seatsFree"]) == ("V-Ray", 0.5, 2, 2)
    assert (hers["isOwnBrought"], his["isOwnBrought"]) == (True, False)
    assert ask(alice, "GET", "profiles/povray-3.7").json()["licenses"] == []


def test_the_list_of_licences_tells_since_when_ones_own_is_kept_and_nothing_of_it(alice, charlie, ask, vray):
    brings(alice)

    answer = ask(alice, "GET", "licences")
    server, key = answer.json()["licences"][0]["own"]
    (theirs, _) = ask(charlie, "GET", "licences").json()["licences"][0]["own"]

    assert (server["kind"], server["secret"], bool(server["keptSince"])) == ("server", "licences/vray/server", True)
    assert (key["keptSince"], theirs["keptSince"]) == (None, None)
    assert b"studio.example" not in answer.content
    assert ask(None, "GET", "licences").status_code == 401


def test_a_task_tells_which_licence_it_takes(alice, ask, vray):
    task = create_task(alice, BODY)

    assert ask(alice, "GET", f"tasks/{task.pk}").json()["licence"] == {
        "name": "vray",
        "title": "V-Ray",
        "isOwn": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "licences",
        "licences:",
        "licences:0",
        "licences:70000",
        "http://licences:80",
        "me@licences:27000",
        "a b:1",
        ":1",
    ],
)
def test_what_is_no_address_of_a_server_is_not_kept(alice, vray, text):
    with pytest.raises(secrets.NotKept, match="host:port"):
        brings(alice, value=text)


@pytest.mark.parametrize("text", ["127.0.0.1:6379", "[::1]:6379", "169.254.169.254:80", "10.1.2.3:27000", "0.0.0.0:1"])
def test_an_address_inside_is_not_kept_unless_the_operator_allows_it(alice, vray, settings, text):
    with pytest.raises(secrets.NotKept, match="does not connect to that address"):
        brings(alice, value=text)

    settings.LICENCE_SERVERS_INSIDE = [text]
    brings(alice, value=text)


def test_other_secrets_are_whatever_they_are(alice, vray):
    secrets.create(alice, "licences/houdini/server", "anything")
    secrets.create(alice, "licences/vray", "anything")


def test_a_secret_from_before_the_farm_knew_the_licence_is_no_address_and_is_told_so(alice, vray):
    Licence.objects.update(name="later")
    brings(alice, value="whatever")
    Licence.objects.update(name="vray")

    with pytest.raises(licences.Trouble, match="is not there any more"):
        licences.grant_of(create_task(alice, BODY))


# --- what the software is told -------------------------------------------------------------------


def test_a_server_is_told_as_the_relays_end_with_its_own_port(alice, vray):
    brings(alice)

    grant = licences.grant_of(create_task(alice, BODY))

    assert grant.constants == {"LICENSE_SERVER_HOST": "127.0.0.1", "LICENSE_SERVER_PORT": "27000"}
    assert grant.hidden == ["licences.studio.example:27000"]


def test_the_farms_own_key_is_sealed_and_told_to_its_seats_only(alice, charlie, vray):
    licences.keep_key(vray, "FARM-KEY-1")
    vray.save()
    brings(charlie, "key", "CHARLIES-KEY")

    on_demand, own = licences.grant_of(create_task(alice, BODY)), licences.grant_of(create_task(charlie, BODY))

    assert "FARM-KEY-1" not in Licence.objects.values_list("sealed_key", flat=True).get()
    assert (on_demand.constants, own.constants) == ({"LICENSE_KEY": "FARM-KEY-1"}, {"LICENSE_KEY": "CHARLIES-KEY"})


def test_a_licence_that_was_taken_away_meanwhile_says_so(alice, vray):
    brings(alice)
    task = create_task(alice, BODY)
    secrets.delete(alice, "licences/vray/server")

    with pytest.raises(licences.Trouble, match="is not there any more") as told:
        licences.grant_of(task)
    assert told.value.is_final
