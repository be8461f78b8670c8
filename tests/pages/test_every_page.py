"""Every page as a person meets it: at four widths, in both themes, under the content security policy."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from jobs.domain import carbon
from jobs.enums import AddOnState, JobState, SceneState
from jobs.models import CarbonFacts, ResultFile, Scene
from tests.pages.conftest import SIZES, WEIGHED, make_add_on, make_library, make_render

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRAVE = {"serious", "critical"}
TOO_SMALL_FOR_A_FINGER = """() =>
    [...document.querySelectorAll("main button, main .button, main select, header a, header button")]
      .filter((one) => one.checkVisibility() && !one.matches(".visually-hidden"))
      .map((one) => [one.textContent.trim() || one.ariaLabel, one.getBoundingClientRect()])
      .filter(([, box]) => box.height < 43.5 || box.width < 36)
      .map(([words, box]) => `${words} ${box.width}x${box.height}`)
"""


def grave_faults(page):
    found = Axe().run(page).response["violations"]
    return [(fault["id"], fault["nodes"][0]["target"]) for fault in found if fault["impact"] in GRAVE]


@pytest.fixture
def addresses(alice, scene):
    """A page for each look a page can have."""
    refused = Scene.objects.create(
        account=alice, name="notes", state=SceneState.REFUSED, problems=[{"id": "not_a_scene"}]
    )
    checking = Scene.objects.create(account=alice, name="slow", state=SceneState.CHECKING)
    going = make_render(alice, scene)
    going.instances.update(node="atelier-3", place="Lyon", is_heating=True, cpu_model="Ryzen", memory_mb=1800)
    CarbonFacts.objects.create(job=going, farm_task_uuid="x", told=carbon.read(WEIGHED))
    broken = make_render(alice, scene, name="broken", state=JobState.FAILED, problem={"id": "unknown"})
    fresh = make_render(alice, name="by script", state=JobState.WAITING, landed=0)
    tiled = make_render(alice, scene, name="in tiles", landed=0, constants={"BLEND_SLICING": "2"})
    tiled.instances.update(tile_side=2, part=4)
    own = make_render(alice, name="own software", makes_pictures=False)
    ResultFile.objects.create(job=own, key="a folder/with-a-name-that-is-rather-long-" + "x" * 80 + ".txt")
    wooden_box = Scene.objects.create(
        account=alice, name="Wooden box", state=SceneState.READY, software="povray", main_file="woodbox.pov"
    )
    library = make_library(alice, "Oak and elm", "textures/wood.png", "models/chair.blend")
    make_library(alice, "Cars")
    make_add_on(alice, is_on=True)
    make_add_on(alice, state=AddOnState.REFUSED, problem={"id": "add_on_loose"})
    return [
        "/",
        "/renders/",
        "/renders/?q=nothing-is-called-so",
        "/renders/new/",
        "/renders/new/?demo",
        "/renders/own/",
        *(f"/renders/new/?scene={row.pk}" for row in (scene, refused, checking, wooden_box)),
        *(f"/renders/{job.pk}/" for job in (going, broken, fresh, tiled, own)),
        f"/renders/{going.pk}/frames/1/",
        f"/renders/{going.pk}/frames/6/",
        "/account/",
        "/libraries/",
        f"/libraries/{library.pk}/",
        "/add-ons/",
        "/nowhere/",
    ]


def test_everyone_can_use_every_page_on_a_telephone_and_press_what_is_there(open_page, live_server, addresses):
    page = open_page(360, "dark")
    grave, small = [], []

    for address in addresses:
        page.goto(live_server.url + address)
        grave += [(address, *fault) for fault in grave_faults(page)]
        small += [(address, button) for button in page.evaluate(TOO_SMALL_FOR_A_FINGER)]

    assert grave == []
    assert small == []
    assert page.said == []


def test_everyone_can_use_every_page_at_a_desk_and_none_is_wider_than_its_window(open_page, live_server, addresses):
    page = open_page(1280, "light")
    grave, too_wide = [], []

    for address in addresses:
        page.goto(live_server.url + address)
        grave += [(address, *fault) for fault in grave_faults(page)]
        for width, height in [*SIZES.items(), (1280, SIZES[1280])]:
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append((address, width))

    assert grave == []
    assert too_wide == []
    assert page.said == []


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/signup/"])
def test_a_stranger_can_use_what_they_see(open_page, live_server, address):
    page = open_page(360, is_signed_in=False)
    page.goto(live_server.url + address)

    assert grave_faults(page) == []
    assert page.said == []


def test_a_form_is_filled_in_and_its_frames_are_said_back_as_one_types(open_page, live_server, scene):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")

    page.fill("#order_frames", "1-10,20-160x20")
    page.wait_for_selector("#frames-echo:has-text('18 frames: 1–10, 20–160 by 20')")
    page.fill("#order_blend_ratio", "25")

    assert page.text_content("[data-sum-frames]") == "18"
    assert page.text_content("[data-sum-pixels]") == "480 × 270"
    assert page.text_content(".field:has(#order_frames) [data-origin]") == "yours"


def test_going_back_never_loses_what_was_typed(open_page, live_server, scene):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")
    page.fill("#order_frames", "7-9")
    page.wait_for_selector("#frames-echo:has-text('3 frames')")

    page.goto(f"{live_server.url}/renders/")
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")

    page.wait_for_selector("#frames-echo:has-text('3 frames: 7–9')")
    assert page.input_value("#order_frames") == "7-9"


def test_an_order_is_refused_beside_its_field_without_a_reload(open_page, live_server, scene):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")
    page.fill("#order_frames", "apple")

    page.click(".order-sum button")

    page.wait_for_selector("#order_frames_error:has-text('apple')")
    assert page.get_attribute("#order_frames", "aria-invalid") == "true"


def test_leaving_is_asked_about_only_while_something_is_on_its_way(open_page, live_server):
    page = open_page(1280)
    asked = []
    page.on("dialog", lambda question: (asked.append(question.type), question.accept()))
    page.route("**/scenes/", lambda route: route.fulfill(json={"id": "x", "url": "/"}))
    page.route("**/scenes/x/uploads/", lambda route: None)
    page.goto(f"{live_server.url}/renders/new/")
    page.click("h1")
    page.goto(f"{live_server.url}/renders/new/")
    assert asked == []
    page.click("h1")

    page.set_input_files("#pick-file", {"name": "a.blend", "mimeType": "application/x-blender", "buffer": b"BLENDER"})
    page.wait_for_selector("[data-uploads-title]:has-text('Uploading a.blend')")
    page.goto(f"{live_server.url}/renders/")

    assert asked == ["beforeunload"]


def test_what_is_no_scene_is_refused_before_a_byte_travels(open_page, live_server):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/")

    page.set_input_files("#pick-file", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"})

    page.wait_for_selector("[data-upload-problem]:has-text('There is no scene in it')")
    assert page.is_visible("[data-drop]")


def test_an_unfinished_upload_is_offered_to_go_on(open_page, live_server, alice):
    coming = Scene.objects.create(account=alice, name="Harbour")
    coming.uploads.create(path="harbour.blend", size_bytes=5_000_000, part_size_bytes=1 << 24, fingerprint="harbour")
    page = open_page(360)

    page.goto(f"{live_server.url}/renders/new/")

    page.wait_for_selector("[data-continue]:has-text('Continue upload of Harbour: pick harbour.blend again (5.0 MB)')")


def test_arrows_lead_from_frame_to_frame_and_escape_leads_back(open_page, live_server, render):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/{render.pk}/frames/1/")

    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/frames/2/")
    page.keyboard.press("Escape")

    page.wait_for_url(f"**/renders/{render.pk}/")


def test_cancelling_asks_first_and_says_what_is_kept(open_page, live_server, render):
    page = open_page(360)
    page.goto(f"{live_server.url}/renders/{render.pk}/")

    page.click(".action-cancel")

    assert "stay here" in page.text_content("dialog[open]")
    page.click("dialog[open] [data-closes]")
    assert page.locator("dialog[open]").count() == 0


def test_what_can_be_done_follows_the_state(open_page, live_server, alice, scene):
    page = open_page(1280)
    broken = make_render(alice, scene, state=JobState.FAILED, problem={"id": "unknown"})

    page.goto(f"{live_server.url}/renders/{broken.pk}/")

    assert page.is_visible(".action-again")
    assert page.is_visible(".action-download")
    assert not page.is_visible(".action-cancel")


def test_pages_are_dark_until_light_ones_are_chosen_and_stay_as_chosen(open_page, live_server):
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/")
    shade = "() => getComputedStyle(document.body).colorScheme"
    assert page.evaluate(shade) == "dark"

    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Light pages").click()
    page.reload()

    assert page.evaluate(shade) == "light"
