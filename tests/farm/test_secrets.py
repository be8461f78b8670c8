"""An account's secrets by the unmodified SDK: kept encrypted, told to their owner and to the instances that may."""

import pytest
import qarnot
from qarnot.exceptions import QarnotGenericException, SecretConflictException, SecretNotFoundException
from qarnot.secrets import Secrets

from farm import secret_constants, secrets
from farm.models import Secret, Task


@pytest.fixture
def kept(as_alice):
    """alice's secrets, by her script."""
    return Secrets(as_alice)


@pytest.fixture
def may_have(alice):
    """`may_have(bySecret=…)`: a task with these rights."""

    def with_rights(**rights):
        task = Task(account=alice, name="film", profile="blender-4.5", secrets_access=rights)
        task.shortname = str(task.pk)
        task.save()
        return task

    return with_rights


def test_a_secret_is_made_read_changed_and_deleted(kept):
    assert kept.create_secret("licences/ansys", "host:1055 é\n") == "licences/ansys"
    assert kept.get_secret("licences/ansys") == "host:1055 é\n"

    kept.update_secret("/licences/ansys/", "host:1056")
    assert kept.get_secret("licences/ansys") == "host:1056"

    kept.delete_secret("licences/ansys")
    with pytest.raises(SecretNotFoundException):
        kept.get_secret("licences/ansys")


def test_what_is_there_is_not_made_again_and_what_is_not_there_is_not_changed(kept):
    kept.create_secret("token", "first")

    with pytest.raises(SecretConflictException):
        kept.create_secret("token", "second")
    for act in (lambda: kept.update_secret("other", "x"), lambda: kept.delete_secret("other")):
        with pytest.raises(SecretNotFoundException):
            act()
    assert kept.get_secret("token") == "first"
    assert kept.list_secrets("") == ["token"]


def test_keys_are_listed_as_files_in_folders(kept):
    for key in ("a/b/c", "a/b/d", "a/e", "ab", "f"):
        kept.create_secret(key, "value")

    assert kept.list_secrets("") == ["a/", "ab", "f"]
    assert kept.list_secrets("a") == ["a/b/", "a/e"]
    assert sorted(kept.list_secrets("", recursive=True)) == ["a/b/c", "a/b/d", "a/e", "ab", "f"]
    assert kept.list_secrets("nothing") == []


def test_charlie_finds_and_changes_nothing_of_alices(kept, connect, charlie):
    kept.create_secret("token", "alice's own")
    theirs = Secrets(connect(charlie))

    assert theirs.list_secrets("") == []
    attempts = (theirs.get_secret, theirs.delete_secret, lambda key: theirs.update_secret(key, "stolen"))
    for attempt in attempts:
        with pytest.raises(SecretNotFoundException):
            attempt("token")
    theirs.create_secret("token", "charlie's own")

    assert kept.get_secret("token") == "alice's own"


def test_the_database_holds_no_value_and_a_row_moved_to_charlie_opens_nothing(kept, alice, charlie):
    kept.create_secret("token", "a very plain value")
    row = Secret.objects.get()
    assert "plain" not in row.ciphertext

    Secret.objects.filter(pk=row.pk).update(account=charlie)

    with pytest.raises(secrets.NotKept, match="can't be read any more"):
        secrets.get(charlie, "token")


def test_with_another_server_key_instances_get_nothing(kept, settings, may_have):
    kept.create_secret("token", "value")
    settings.TOKEN_KEY = "another key of this server, long enough"

    assert secrets.of_task(may_have(bySecret=[{"key": "token"}])) == {}


@pytest.mark.parametrize("key", ["a//b", "x" * 300, "line\nbreak"])
def test_a_key_that_will_not_do_is_refused(alice, key):
    with pytest.raises(secrets.NotKept, match="1 to 255 characters"):
        secrets.create(alice, key, "value")


@pytest.mark.parametrize("value", ["with \0", "x" * 20_000, "half \ud800"])
def test_a_value_that_no_environment_holds_is_refused(alice, value):
    with pytest.raises(secrets.NotKept, match="at most 16384 bytes"):
        secrets.create(alice, "key", value)


def test_an_account_has_so_many_secrets_and_no_more(kept, monkeypatch):
    monkeypatch.setattr(secrets, "MAX_SECRETS", 2)
    kept.create_secret("a", "1")
    kept.create_secret("b", "2")

    with pytest.raises(QarnotGenericException, match="no account may have more"):
        kept.create_secret("c", "3")
    with pytest.raises(SecretConflictException):
        kept.create_secret("a", "3")


def test_a_body_without_a_text_is_refused(ask, alice):
    answer = ask(alice, "PUT", "secrets-manager/data/token", {"Value": 5})

    assert answer.status_code == 400
    assert not Secret.objects.exists()


def test_instances_have_what_their_order_may_have_and_nothing_else(kept, may_have):
    for key in ("licences/ansys.port", "licences/Nuke", "token", "other"):
        kept.create_secret(key, f"value of {key}")

    assert secrets.of_task(may_have()) == {}
    assert secrets.of_task(may_have(bySecret=[{"key": "token"}, {"key": "missing"}])) == {
        "QARNOT_SECRET__TOKEN": "value of token"
    }
    assert secrets.of_task(may_have(byPrefix=[{"prefix": "lic"}])) == {
        "QARNOT_SECRET__LICENCES_ANSYS_PORT": "value of licences/ansys.port",
        "QARNOT_SECRET__LICENCES_NUKE": "value of licences/Nuke",
    }


def test_a_prefix_takes_capitals_as_they_are(kept, may_have):
    kept.create_secret("Token", "value")

    assert secrets.of_task(may_have(byPrefix=[{"prefix": "token"}])) == {}


def test_the_secrets_of_charlie_are_never_given_to_alices_instances(connect, charlie, may_have):
    Secrets(connect(charlie)).create_secret("token", "charlie's own")

    assert secrets.of_task(may_have(byPrefix=[{"prefix": ""}])) == {}


def test_what_output_may_not_show_is_known_line_by_line(kept, may_have):
    kept.create_secret("key", "-----BEGIN-----\nfirst line of the key\n-----END-----")
    kept.create_secret("short", "12345")
    task = may_have(byPrefix=[{"prefix": ""}])
    task.constants = {"QARNOT_SECRET__PASS": "correct horse battery staple", "BLEND_FILE": "scene.blend"}

    assert secrets.known_values(task) == [
        "correct horse battery staple",
        "first line of the key",
        "-----BEGIN-----",
        "-----END-----",
    ]


def test_no_value_shows_through_another_that_begins_like_it(kept, may_have):
    kept.create_secret("short", "passphrase")
    kept.create_secret("long", "passphrase of the studio")

    values = secrets.known_values(may_have(byPrefix=[{"prefix": ""}]))

    assert secrets.masked("a passphrase of the studio, a passphrase", values) == "a [SECRET], a [SECRET]"


@pytest.fixture
def with_pass(as_alice):
    """A task of alice's with a secret constant."""
    task = as_alice.create_task("film", "blender-4.5", 1)
    task.constants["QARNOT_SECRET__PASS"] = "correct horse"
    task.submit()
    return task


def test_a_secret_constant_is_told_as_an_echo_and_stays_when_that_comes_back(as_alice, with_pass):
    found = as_alice.retrieve_task(with_pass.uuid)
    assert found.constants["QARNOT_SECRET__PASS"] == "[SECRET]"

    found.constants["BLEND_FILE"] = "other.blend"
    found.commit()

    stored = secret_constants.opened(Task.objects.get(pk=with_pass.uuid))
    assert stored == {"QARNOT_SECRET__PASS": "correct horse", "BLEND_FILE": "other.blend"}


def test_a_secret_constant_lies_in_no_row(with_pass):
    assert "correct horse" not in str(Task.objects.filter(pk=with_pass.uuid).values().get())


def test_a_copy_has_the_secret_constant_as_well(as_alice, with_pass):
    uuid = as_alice._post(f"/tasks/{with_pass.uuid}/clone").json()["uuid"]

    assert secret_constants.opened(Task.objects.get(pk=uuid)) == {"QARNOT_SECRET__PASS": "correct horse"}


def test_the_rights_are_told_as_they_were_ordered(as_alice):
    task = as_alice.create_task("film", "blender-4.5", 1)
    task.secrets_access_rights.add_secret_by_key("token").add_secret_by_prefix("licences/")
    task.submit()

    rights = as_alice.retrieve_task(task.uuid).secrets_access_rights

    assert isinstance(rights, qarnot.secrets.SecretsAccessRights)
    assert rights.to_json() == {"bySecret": [{"key": "token"}], "byPrefix": [{"prefix": "licences/"}]}
