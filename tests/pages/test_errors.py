from django.template import engines
from django.test import Client


def test_an_address_that_is_nothing_says_what_to_do(alices_page):
    page = alices_page.get("/nowhere/")

    assert page.status_code == 404
    assert "There is nothing at this address" in page.content.decode()
    assert 'href="/renders/"' in page.content.decode()


def test_a_stranger_is_led_to_the_start(client, db):
    assert 'href="/"' in client.get("/nowhere/").content.decode()


def test_a_page_that_was_open_too_long_says_that_nothing_was_changed(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")

    page = client.post("/renders/new/")

    assert page.status_code == 403
    assert "Nothing was changed" in page.content.decode()


def test_the_page_for_our_own_faults_asks_nothing_that_may_be_broken():
    page = engines["django"].get_template("500.html").render()

    assert "Something broke on our side" in page
