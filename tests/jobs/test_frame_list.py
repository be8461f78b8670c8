import pytest

from jobs.domain import frame_list
from jobs.domain.frame_list import FrameListError


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1-10,20-160x20", "18 frames: 1–10, 20–160 by 20"),
        ("1,5,9", "3 frames: 1–9 by 4"),
        ("7", "1 frame: 7"),
        (" 3 - 5 , 4 ", "3 frames: 3–5"),
        ("1,2,4,6,8", "5 frames: 1, 2–8 by 2"),
        ("0-100x50", "3 frames: 0–100 by 50"),
    ],
)
def test_a_frame_list_is_said_back(typed, said):
    assert frame_list.sentence(frame_list.parse(typed)) == said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "No frames yet. Write for example 1-10, or 1,5,9, or 20-160x20."),
        ("ten", "“ten” is not a frame or a range. Write for example 5, 1-10 or 20-160x20."),
        ("5-1", "“5-1” runs backwards. Write 1-5."),
        ("1,,2", "There is a comma with nothing beside it. Write for example 1,5,9."),
        ("1-9x0", "“1-9x0” never moves on. The number after x is at least 1."),
        ("-5-3", "The farm renders frames from 0 on. Move the animation so that it starts at 0 or later."),
        ("0-200000", "More than 100,000 frames. Split them into several renders."),
        ("1048575", "Blender's last frame is 1,048,574."),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_in_a_sentence(typed, sentence):
    with pytest.raises(FrameListError) as refusal:
        frame_list.parse(typed)

    assert str(refusal.value) == sentence


def test_the_farms_grammar_has_no_step():
    assert frame_list.to_ranges([1, 2, 3, 5, 7, 8]) == "1-3,5,7-8"


def test_what_the_farm_is_told_is_read_back_the_same():
    frames = frame_list.parse("1-10,20-160x20,999")

    assert frame_list.parse(frame_list.to_ranges(frames)) == frames
