"""A POV-Ray scene in the same browser: dropped, checked, ordered from its own form, rendered, looked at."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import artist

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.engine]

SCENE = """
#version 3.7;
global_settings { assumed_gamma 1.0 }
camera { location <0, 2, -5> look_at <0, 1, 0> }
light_source { <20, 40, -30> rgb 1 }
background { rgb <0.02, 0.05, 0.4> }
sphere { <clock, 1, 0>, 1 pigment { rgb <0.9, 0.1, 0.05> } }
"""
MOTION = "Initial_Frame=1\nFinal_Frame=3\nInitial_Clock=0\nFinal_Clock=1\nWidth=120\nHeight=90\n"


def test_a_ball_moves_through_three_frames_of_pov_ray(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "povray@example.org")
    (tmp_path / "ball.pov").write_text(SCENE)
    (tmp_path / "ball.ini").write_text(MOTION)

    artist.drop_scene(page, stack.url, tmp_path / "ball.pov", tmp_path / "ball.ini")
    expect(page.locator("#scene")).to_contain_text("POV-Ray")
    expect(page.get_by_label("Frames", exact=True)).to_have_value("1-3")
    page.get_by_role("button", name="Render", exact=True).click()
    page.wait_for_url("**/renders/*-*-*-*-*/")

    assert artist.wait_for_the_end(page) == "completed"
    expect(page.locator(".wall img")).to_have_count(3, timeout=30_000)
    first, last = (_picture(page, number) for number in (1, 3))
    assert first.size == (120, 90)
    assert _redness(first, 60, 40) > 100 > _redness(first, 5, 5)
    assert first.tobytes() != last.tobytes()


def test_a_scene_with_a_fault_is_told_with_its_line(stack, page, tmp_path):
    artist.sign_up(page, stack.url, "povray-fault@example.org")
    (tmp_path / "broken.pov").write_text("#version 3.7;\ncamera { location <0, 0, -5> }\nsphere { <0, 0, 0>, 1\n")

    artist.drop_scene(page, stack.url, tmp_path / "broken.pov")
    page.get_by_role("button", name="Render", exact=True).click()
    page.wait_for_url("**/renders/*-*-*-*-*/")

    assert artist.wait_for_the_end(page) == "failed"
    expect(page.locator("#headline")).to_contain_text("line")


def _picture(page, number: int) -> Image.Image:
    answer = page.request.get(f"{page.url}frames/{number}/picture/")
    assert answer.ok
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def _redness(picture: Image.Image, x: int, y: int) -> int:
    red, green, blue = picture.getpixel((x, y))
    return red - max(green, blue)
