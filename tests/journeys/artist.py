"""What an artist does in the browser, step by step, in the page's own words."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.plain_blender import pixels

PASSWORD = "a long enough pass phrase"


def sign_up(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/accounts/signup/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/renders/**")


def drop_scene(page: Page, url: str, *files: Path) -> None:
    """Chooses the files on *New render* and waits until the check has filled the order in."""
    page.goto(f"{url}/renders/new/")
    page.locator("#pick-file").set_input_files([str(file) for file in files])
    expect(page.get_by_role("button", name="Render", exact=True)).to_be_visible(timeout=60_000)


def order(page: Page, frames: str, *, percent: int, samples: int | None = None) -> str:
    """Fills in what is asked, presses *Render*; the address of the render's page."""
    page.get_by_label("Frames", exact=True).fill(frames)
    page.get_by_label("Resolution").fill(str(percent))
    page.get_by_text("More settings").click()
    if samples:
        page.get_by_label("Samples").fill(str(samples))
    page.get_by_role("button", name="Render", exact=True).click()
    page.wait_for_url("**/renders/*-*-*-*-*/")
    return page.url


def wait_for_the_end(page: Page, within_seconds: float = 120) -> str:
    """The state the headline ends in: completed, failed or cancelled."""
    headline = page.locator(
        "#headline[data-state=completed], #headline[data-state=failed], #headline[data-state=cancelled]"
    )
    expect(headline).to_have_count(1, timeout=within_seconds * 1000)
    return headline.get_attribute("data-state")


def picture(page: Page, number: int):
    """The pixels of a frame of the render that is open, as it is downloaded."""
    answer = page.request.get(f"{page.url.split('#')[0]}frames/{number}/picture/?download=1")
    assert answer.ok, answer.status_text
    return pixels(answer.body())
