"""Libraries and add-ons as a person meets them: their pages, and what an order offers of them."""

import pytest

from jobs.enums import AddOnState
from jobs.models import Job, Library
from tests.pages.conftest import make_add_on, make_library, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = '<img src=x onerror="document.title=1">'


def names(page):
    return page.locator("[data-libraries] .attachment-name").all_text_contents()


def test_whoever_has_no_library_is_told_what_one_is_for(open_page, live_server):
    page = open_page(360)
    page.goto(f"{live_server.url}/libraries/")

    assert "When a scene misses one of them, the order finds it here." in page.text_content("main")
    page.get_by_label("Name of a new library").fill("Oak and elm")
    page.get_by_role("button", name="Make it").click()

    page.wait_for_url("**/libraries/*-*/")
    assert page.text_content("h1") == "Oak and elm"
    assert page.text_content("#library-bucket") == "library-oak-and-elm"
    assert "No files yet" in page.text_content("#library-files")


def test_the_list_says_what_is_in_each(open_page, live_server, alice):
    make_library(alice, "Oak", "a.png", "b.png")
    page = open_page(1280)

    page.goto(f"{live_server.url}/libraries/")

    assert "2 files, 3.0 MB" in page.text_content(".library-card")
    assert "not used yet" in page.text_content(".library-card")


def test_names_are_text_wherever_they_stand(open_page, live_server, alice, scene):
    library = make_library(alice, HOSTILE, f"{HOSTILE}/wood.png")
    make_add_on(alice, name=HOSTILE)
    page = open_page(1280)

    for address in ("/libraries/", f"/libraries/{library.pk}/", "/add-ons/", f"/renders/new/?scene={scene.pk}"):
        page.goto(live_server.url + address)
        assert HOSTILE in page.text_content("main"), address
        assert page.locator("main img[src=x]").count() == 0, address
    assert page.said == []


def test_many_files_come_by_page_and_are_found_by_name(open_page, live_server, alice):
    library = make_library(alice, "Oak", *(f"part {number:03}.png" for number in range(120)))
    page = open_page(1280)
    page.goto(f"{live_server.url}/libraries/{library.pk}/")
    assert page.locator(".file-row").count() == 100

    page.get_by_role("link", name="More files").click()
    page.wait_for_url("**after=**")
    assert page.locator(".file-row").count() == 20
    page.goto(f"{live_server.url}/libraries/{library.pk}/?q=007")

    assert page.locator(".file-path.mono").all_text_contents() == ["part 007.png"]


def test_deleting_a_library_is_asked_about_first(open_page, live_server, alice):
    library = make_library(alice, "Oak", "a.png")
    page = open_page(360)
    page.goto(f"{live_server.url}/libraries/{library.pk}/")

    page.get_by_role("button", name="Delete the library").click()

    assert "Its 1 file is deleted too." in page.text_content("#delete-library")
    page.get_by_role("button", name="Keep it").last.click()
    assert Library.objects.filter(pk=library.pk).exists()


def test_an_upload_that_stopped_half_way_is_said(open_page, live_server, alice):
    library = make_library(alice, "Oak")
    library.uploads.create(path="huge.exr", size_bytes=5, part_size_bytes=5, fingerprint="f")
    page = open_page(1280)

    page.goto(f"{live_server.url}/libraries/{library.pk}/")

    assert "1 upload stopped half way (huge.exr)" in page.text_content("[data-unfinished]")


def test_the_library_that_holds_what_is_missing_is_proposed(open_page, live_server, alice, scene):
    make_library(alice, "Cars", "red.png")
    make_library(alice, "Oak", "textures/wood.png")
    page = open_page(1280)

    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")

    assert names(page) == ["Oak", "Cars"]
    assert page.get_by_role("checkbox", name="Oak").is_checked()
    assert not page.get_by_role("checkbox", name="Cars").is_checked()
    assert "holds the missing file: wood.png" in page.text_content("[data-libraries]")


def test_a_library_moved_down_counts_later_and_going_back_keeps_it_so(open_page, live_server, alice, scene):
    for name in ("Oak", "Elm"):
        make_library(alice, name, "textures/wood.png")
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")

    page.get_by_role("button", name="Move Oak down").click()
    assert names(page) == ["Elm", "Oak"]
    page.goto(f"{live_server.url}/libraries/")
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")
    assert names(page) == ["Elm", "Oak"]
    page.get_by_role("button", name="Render", exact=True).click()

    page.wait_for_url("**/renders/*-*-*-*-*/")
    attached = Job.objects.get().attached_libraries.all()
    assert [row.library.name for row in attached] == ["Elm", "Oak"]


def test_what_was_left_out_stays_so_when_the_order_comes_back(open_page, live_server, alice, scene):
    make_library(alice, "Oak", "textures/wood.png")
    make_add_on(alice, is_on=True)
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")
    page.get_by_label("Oak").uncheck()
    page.get_by_label("Paint red").uncheck()
    page.fill("#order_frames", "apple")

    page.get_by_role("button", name="Render", exact=True).click()

    page.wait_for_selector("#order_frames_error:has-text('apple')")
    assert not page.get_by_role("checkbox", name="Oak").is_checked()
    assert not page.get_by_label("Paint red").is_checked()


def test_an_add_on_that_needs_a_newer_blender_says_so(open_page, live_server, alice, scene):
    make_add_on(alice, is_on=True, least_blender="5.0")
    page = open_page(1280)
    page.goto(f"{live_server.url}/renders/new/?scene={scene.pk}")
    hint = page.get_by_text("It was made for Blender 5.0 or newer.")
    assert hint.is_visible()

    page.get_by_text("More settings").click()
    page.locator("#order select[name=profile]").select_option("blender-5.2")

    hint.wait_for(state="hidden")
    assert page.get_by_label("Paint red").is_checked()


def test_an_add_on_that_cannot_be_used_says_why_and_what_to_do(open_page, live_server, alice):
    make_add_on(alice, state=AddOnState.REFUSED, problem={"id": "add_on_too_deep", "folder": "paint-main/paint"})
    page = open_page(360)

    page.goto(f"{live_server.url}/add-ons/")

    said = page.text_content("[data-add-on-row]")
    assert "The add-on lies too deep in the zip: in paint-main/paint." in said
    assert "Unpack the zip, and zip that folder alone." in said
    assert "An add-on is a program. It runs only inside the sandbox" in page.text_content("main")


def test_an_add_on_is_switched_always_on(open_page, live_server, alice):
    add_on = make_add_on(alice)
    page = open_page(1280)
    page.goto(f"{live_server.url}/add-ons/")

    page.get_by_role("button", name="Switch always on").click()

    page.wait_for_selector("button[aria-pressed=true]:has-text('Always on')")
    add_on.refresh_from_db()
    assert add_on.is_on


def test_what_is_no_zip_is_refused_beside_the_button(open_page, live_server):
    page = open_page(1280)
    page.goto(f"{live_server.url}/add-ons/")

    page.set_input_files("[data-add-on-file]", {"name": "paint.py", "mimeType": "text/x-python", "buffer": b"x"})

    page.wait_for_selector("[data-add-on-words]:has-text('An add-on is a .zip')")


def test_charlie_sees_none_of_alices(alice, charlie):
    library = make_library(alice, "Oak", "a.png")
    make_add_on(alice)
    client = signed_in(charlie)

    assert "Oak" not in client.get("/libraries/").content.decode()
    assert "Paint red" not in client.get("/add-ons/").content.decode()
    assert client.get(f"/libraries/{library.pk}/").status_code == 404
    assert client.post(f"/libraries/{library.pk}/delete/").status_code == 404
    assert Library.objects.filter(pk=library.pk).exists()
