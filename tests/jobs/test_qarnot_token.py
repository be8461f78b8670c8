"""The token for Qarnot: checked at once by the real SDK, sealed, never shown again, each account's own."""

from collections import OrderedDict

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Account
from accounts.tokens import make_token, revoke
from farm.models import Bucket, Task
from farm.submission import create_task
from jobs import buckets, farms, qarnot_access, software
from jobs.domain import farm_silence, qarnot
from jobs.domain.headline import headline
from jobs.enums import Where
from jobs.models import Job, QarnotAccess

ON_OFFER = software.on_offer


@pytest.fixture
def service(live_server, settings):
    """A farm that behaves as Qarnot's, with its own account of alice's there; called, it gives that one a token."""
    settings.QARNOT_URL, settings.FARM_QUIRKS = f"{live_server.url}/farm", True
    settings.QARNOT_S3_URL = settings.S3_DOOR_URL
    there = Account.objects.create_user("alice@qarnot.example.org")
    return lambda account=there: make_token(account, "for the studio")


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def given(page, token):
    """What the account page says after the token was given."""
    return page.post(reverse("qarnot_connect"), {"token": token}, follow=True).content.decode()


def test_a_token_is_checked_at_once_and_kept_sealed_and_only_its_end_is_shown(page, alice, service):
    _, token = service()

    said = given(page, f"  {token}\n")

    assert "Qarnot knows you as alice@qarnot.example.org." in said
    kept = QarnotAccess.objects.get()
    assert token not in said and token[-4:] in said
    assert token not in kept.sealed_token and kept.last_four == token[-4:]
    assert qarnot_access.token_of(alice).token == token
    assert farms.of(alice, Where.QARNOT).email == "alice@qarnot.example.org"
    assert token not in repr(farms.of(alice, Where.QARNOT))


def test_an_order_there_has_three_attempts_a_frame_and_says_nothing_but_what_the_sdk_knows(page, alice, service):
    given(page, service()[1])
    Bucket.objects.create(account=Account.objects.get(email="alice@qarnot.example.org"), name="scenes")
    resource = farms.Resource("scenes", "a/", "a/")

    uuid = farms.of(alice, Where.QARNOT).submit(
        farms.TaskOrder("film", "a-1", "blender-4.5", "1-3", {"BLEND_FILE": "a.blend"}, [resource], "render-a")
    )

    task = Task.objects.get(pk=uuid)
    assert (task.account.email, task.max_attempts) == ("alice@qarnot.example.org", 3)
    assert farms.of(alice, Where.QARNOT).find("a-1") == uuid


def test_who_asks_qarnot_too_often_waits_as_long_as_it_says(page, alice, service, settings):
    given(page, service()[1])
    farm = farms.of(alice, Where.QARNOT)
    settings.FARM_QUIRKS_RATE = 0

    with pytest.raises(farms.FarmBusy) as busy:
        farm.find("x")

    assert busy.value.pause_seconds == 1


def test_its_output_is_read_whole_and_unquoted(page, alice, service):
    given(page, service()[1])
    there = Account.objects.get(email="alice@qarnot.example.org")
    task = create_task(there, {"name": "film", "profile": "blender-4.5", "instanceCount": 1})

    assert farms.of(alice, Where.QARNOT).output(str(task.uuid), "stdout", 7) == farms.Output("", None)


@pytest.mark.parametrize("token", ["rw_00000000000000000000." + "0" * 40, "", "with a space", "é" * 20, "x" * 600])
def test_a_wrong_token_is_a_sentence_and_not_kept(page, service, token):
    said = given(page, token)

    assert "This is no token." in said or "Qarnot does not know this token." in said
    assert not QarnotAccess.objects.exists()


def test_no_answer_is_a_sentence(page, service, settings):
    settings.QARNOT_URL = "http://127.0.0.1:1"

    assert "Qarnot does not answer." in given(page, service()[1])
    assert not QarnotAccess.objects.exists()


def test_a_storage_that_pages_may_not_reach_is_said_to_the_operator(page, service, settings):
    settings.QARNOT_S3_URL = "https://storage.qarnot.com"

    assert "QARNOT_S3_URL" in given(page, service()[1])
    assert not QarnotAccess.objects.exists()


def test_charlie_neither_sees_nor_removes_alices(client, charlie, alice, at_qarnot):
    client.force_login(charlie)

    assert "Token ends in" not in client.get(reverse("account")).content.decode()
    client.post(reverse("qarnot_disconnect"))
    client.post(reverse("qarnot_connect"), {"token": "nonsense"})

    assert QarnotAccess.objects.get().account == alice


def test_a_row_moved_to_another_account_opens_nothing(client, charlie, at_qarnot):
    QarnotAccess.objects.create(account=charlie, sealed_token=at_qarnot.sealed_token, email="x", storage_url="y")

    with pytest.raises(farms.TokenRefused):
        farms.of(charlie, Where.QARNOT)

    client.force_login(charlie)
    assert "Your Qarnot token can&#x27;t be read any more." in client.get(reverse("account")).content.decode()


def test_what_is_sealed_for_the_farm_can_not_be_opened_as_a_token(alice):
    sealed = sealing.seal(alice.pk, "a secret of the farm's")

    with pytest.raises(sealing.Unreadable):
        sealing.opened(alice.pk, sealed, qarnot_access.PURPOSE)


def test_a_token_that_can_not_be_read_any_more_is_asked_for_again(page, alice, at_qarnot, settings):
    settings.TOKEN_KEY = "another"

    with pytest.raises(buckets.StoreShut):
        buckets.bucket_of(alice, "scenes", Where.QARNOT)

    assert "can&#x27;t be read any more" in page.get(reverse("account")).content.decode()


@pytest.fixture
def under_way(job):
    Job.objects.update(farm=Where.QARNOT)
    job.refresh_from_db()
    return job


def test_it_is_not_removed_while_a_render_runs_there(page, under_way, at_qarnot):
    said = page.post(reverse("qarnot_disconnect"), follow=True).content.decode()

    assert "1 render is under way at Qarnot. Wait for it or cancel it first." in said
    assert QarnotAccess.objects.exists()


def test_one_that_qarnot_refuses_is_removed_all_the_same_and_the_render_says_what_to_do(page, under_way, at_qarnot):
    qarnot_access.note_refused(under_way.account)

    page.post(reverse("qarnot_disconnect"))

    assert not QarnotAccess.objects.exists()
    assert headline(under_way).next_step == (
        "There is no Qarnot token on your account any more. Give it again on the Account page."
    )


def test_a_token_of_another_account_there_waits_for_what_runs_in_the_first(page, under_way, at_qarnot, service):
    said = given(page, service()[1])

    assert "This token is of another account at Qarnot (alice@qarnot.example.org), and 1 render is under way" in said
    assert QarnotAccess.objects.get().email == at_qarnot.email


def test_after_one_was_taken_away_another_accounts_token_does_not_fail_what_runs_in_the_first(
    page, under_way, at_qarnot, service
):
    qarnot_access.forget(under_way.account)

    said = given(page, service()[1])

    assert "and 1 render is under way in that of the token before." in said
    assert not QarnotAccess.objects.exists()
    Job.objects.update(state="cancelled")
    assert "Qarnot knows you as" in given(page, service()[1])


def test_with_a_token_of_another_account_there_what_was_ordered_before_stays_there(page, alice, at_qarnot, service):
    QarnotAccess.objects.update(given_at="2026-01-01T00:00:00Z")
    given(page, service()[1])
    newly = QarnotAccess.objects.get().given_at
    given(page, service()[1])

    assert newly.date() == timezone.now().date()
    assert QarnotAccess.objects.get().given_at == newly


def test_a_token_revoked_later_is_refused_and_said_so(page, alice, service):
    row, token = service()
    given(page, token)
    revoke(row)

    with pytest.raises(farms.TokenRefused) as refused:
        farms.of(alice, Where.QARNOT).find("x")

    farm_silence.silent(alice, Where.QARNOT, refused.value)
    assert "Qarnot does not accept the token any more." in page.get(reverse("account")).content.decode()


def test_a_token_revoked_later_is_noted_where_an_order_asks_what_there_is_and_forgiven(
    page, alice, service, monkeypatch
):
    row, token = service()
    given(page, token)
    revoke(row)
    monkeypatch.setattr(software, "_kept", OrderedDict())

    assert ON_OFFER(alice, Where.QARNOT) == ()
    assert qarnot_access.why_shut(alice).startswith("Qarnot does not accept the token any more.")

    farm_silence.heard(alice, Where.QARNOT)
    assert not qarnot_access.why_shut(alice)


def test_where_to_render_is_a_choice_only_with_a_token(alice, charlie, at_qarnot):
    assert (qarnot.places(alice), qarnot.places(charlie)) == ([Where.STUDIO, Where.QARNOT], [Where.STUDIO])
    assert qarnot.chosen(charlie, "") == Where.STUDIO
    for nowhere in ("qarnot", "moon"):
        with pytest.raises(qarnot.QarnotRefused):
            qarnot.chosen(charlie, nowhere)
