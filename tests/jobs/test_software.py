"""What the farm offers is asked for once a minute, outlives its silence, and is read from Qarnot's plain answer too."""

import time

import pytest

from jobs import farms, profiles, software
from jobs.enums import Where
from tests.profiles_on_offer import PLAIN_BLENDER, POVRAY, blender

ON_OFFER = software.on_offer


@pytest.fixture
def asked(monkeypatch, alice):
    """The profiles a farm is asked for, by name; the farm answers with what `offers` holds."""
    farm = OfferingFarm()
    monkeypatch.setattr(software, "on_offer", ON_OFFER)
    monkeypatch.setattr(software, "_kept", type(software._kept)())
    monkeypatch.setattr(farms, "of", lambda account, where=Where.STUDIO: farm)
    return farm


class OfferingFarm:
    def __init__(self):
        self.offers = [blender("5.2", "5.2.3"), blender("4.5"), POVRAY]
        self.is_down = False
        self.questions = 0

    def profile_names(self):
        self.questions += 1
        if self.is_down:
            raise farms.FarmDown("no answer")
        return [said["name"] for said in self.offers]

    def profile(self, name):
        return next(said for said in self.offers if said["name"] == name)


def names(account):
    return [profile.name for profile in software.on_offer(account)]


def later(monkeypatch, seconds):
    now = time.monotonic()
    monkeypatch.setattr(software.time, "monotonic", lambda: now + seconds)


def test_blender_comes_first_and_the_oldest_version_before_the_newest(asked, alice):
    assert names(alice) == ["blender-4.5", "blender-5.2", "povray-3.7"]


def test_the_farm_is_asked_once_a_minute(asked, alice, monkeypatch):
    names(alice)
    names(alice)
    assert asked.questions == 1

    later(monkeypatch, software.FRESH_SECONDS + 1)
    asked.offers = [POVRAY]

    assert names(alice) == ["povray-3.7"]


def test_a_farm_that_falls_silent_leaves_what_it_said_last(asked, alice, monkeypatch):
    names(alice)
    asked.is_down = True
    later(monkeypatch, software.FRESH_SECONDS + 1)

    assert names(alice) == ["blender-4.5", "blender-5.2", "povray-3.7"]


def test_a_farm_that_takes_its_time_with_each_is_taken_for_silent(asked, alice, monkeypatch):
    monkeypatch.setattr(software, "LONGEST_ASKING_SECONDS", -1.0)

    assert names(alice) == []


def test_a_farm_that_never_answered_offers_nothing_and_is_asked_again_soon(asked, alice, monkeypatch):
    asked.is_down = True
    assert names(alice) == []
    asked.is_down = False
    assert names(alice) == []

    later(monkeypatch, software.ASKED_AGAIN_AFTER_SECONDS + 1)

    assert names(alice) == ["blender-4.5", "blender-5.2", "povray-3.7"]


@pytest.mark.parametrize(
    ("line", "proposed"),
    [("4.5", "blender-4.5"), ("2.79", "blender-4.5"), ("5.0", "blender-5.2"), ("6.1", "blender-5.2")],
)
def test_the_files_own_version_is_proposed_or_the_next_newer_one(alice, line, proposed):
    assert software.proposed(alice, "blender", line).name == proposed


def test_a_version_on_no_machine_is_not_proposed_while_another_one_is_there(asked, alice):
    asked.offers[1] = blender("4.5", isAvailable=False)

    assert software.proposed(alice, "blender", "4.5").name == "blender-5.2"


def test_qarnots_plain_answer_is_a_form_in_our_words_where_its_constants_are_known():
    profile = profiles.read(PLAIN_BLENDER)

    assert (profile.title, profile.family, profile.line) == ("Blender 3.6", "blender", "3.6")
    assert (profile.scene_constant, profile.scene_endings) == ("BLEND_FILE", (".blend",))
    assert profile.are_instances_frames and profile.makes_pictures
    assert [(c.label, c.kind, c.default) for c in profile.asked] == [
        ("Pictures as", "choice", "PNG"),
        ("Samples", "number", ""),
    ]


def test_a_plain_profile_of_other_software_gives_back_files():
    profile = profiles.read({"name": "docker-batch", "constants": []})

    assert (profile.family, profile.line, profile.makes_pictures) == ("docker-batch", "", False)


@pytest.mark.parametrize("constants", [None, 0, [None, 3], [{"value": []}]])
def test_an_answer_of_another_shape_breaks_nothing(constants):
    assert profiles.read({"name": "x", "constants": constants}).asked == ()


def test_a_file_belongs_to_the_software_that_opens_it(alice):
    assert [software.family_of(alice, path) for path in ("a/b.BLEND", "woodbox.pov", "notes.txt")] == [
        "blender",
        "povray",
        "",
    ]
    assert software.endings_in_words(alice) == ".blend, .pov or .ini"
