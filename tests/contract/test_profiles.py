"""What is on offer: every profile by name and in full, and old names answered by the nearest newer version."""

import pytest
import requests
from qarnot.exceptions import QarnotGenericException

from farm.engines import profiles
from tests.contract.orders import finished


def nearest_installed(line):
    """Of the Blenders of this machine."""
    return profiles.nearest_installed("blender", line).name


def test_every_folder_of_an_engine_is_on_offer(alice):
    names = alice.connection.profiles_names()

    assert names == list(profiles.all_profiles())
    assert {"blender-4.2", "blender-4.5", "blender-5.2"} <= set(names)


def test_the_sdk_reads_a_profile_with_its_constants(alice):
    profile = alice.connection.retrieve_profile("blender-4.5")

    constants = dict(profile.constants)
    assert constants["BLEND_FORMAT"] == "PNG"
    assert {"BLEND_FILE", "BLEND_SLICING", "BLEND_VIEW_LAYER", "BLEND_ADDONS"} <= set(constants)


def test_a_form_can_be_made_of_a_profile(alice):
    told = alice.ask("GET", "/profiles/blender-4.5").json()

    assert (told["software"], told["line"], told["family"]) == ("Blender", "4.5", "blender")
    assert (told["sceneEndings"], told["sceneConstant"]) == ([".blend"], "BLEND_FILE")
    by_name = {constant["name"]: constant for constant in told["constants"]}
    ratio = by_name["BLEND_RATIO"]
    assert (ratio["kind"], ratio["least"], ratio["most"], ratio["unit"]) == ("number", 1, 1000, "%")
    assert by_name["BLEND_CAMERA"]["choicesFact"] == "cameras"
    assert [choice["value"] for choice in by_name["BLEND_DENOISING"]["choices"]] == ["", "ON", "OFF"]


@pytest.mark.parametrize("name", list(profiles.all_profiles()))
def test_a_profile_says_whether_a_machine_has_it_and_why_not(alice, name):
    told = alice.ask("GET", f"/profiles/{name}").json()

    assert told["name"] == name
    assert told["isAvailable"] == (told["unavailableReason"] == "")


def test_an_unknown_profile_is_answered_with_the_known(alice, orders):
    answer = alice.ask("GET", "/profiles/maya-2024")

    assert answer.status_code == 404
    assert "No such profile: maya-2024. There is blender-4.2" in answer.json()["message"]
    with pytest.raises(QarnotGenericException, match=r"No profile “maya-2024”"):
        orders.task("maya-2024").submit()


def test_nobody_without_a_token_is_told_the_profiles(alice):
    assert requests.get(f"{alice.url}/profiles/blender-4.5", timeout=30).status_code == 401


@pytest.mark.parametrize(
    ("ordered", "line"), [("blender", "99"), ("blender-2.79", "2.79"), ("blender-4.3", "4.3"), ("blender-6.0", "6.0")]
)
def test_an_old_name_is_answered_by_the_nearest_newer_version(alice, ordered, line):
    assert alice.ask("GET", f"/profiles/{ordered}").json()["name"] == nearest_installed(line)


def test_an_order_of_an_old_version_is_rendered_and_the_log_says_by_which(orders, cube):
    task = orders.blender(cube, "1-2", constants={"BLEND_W": "16", "BLEND_H": "16"})
    task._profile = "blender-4.3"

    finished(task)

    assert task.state == "Success"
    said = f"Ordered as blender-4.3; {nearest_installed('4.3')} renders it."
    for instance in (1, 2):
        assert task.stdout(instance).splitlines()[0] == said


def test_an_old_version_is_ordered_again_by_its_new_name(alice, orders, cube):
    task = orders.blender(cube)
    task._profile = "blender-4.3"
    finished(task)

    again = alice.ask("POST", f"/tasks/{task.uuid}/clone").json()

    copy = alice.ask("GET", f"/tasks/{again['uuid']}").json()
    assert copy["profile"] == nearest_installed("4.3")
