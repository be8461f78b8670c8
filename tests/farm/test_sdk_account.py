"""The unmodified SDK over real HTTP: who it is, what there is, and how it connects."""

import pytest
import qarnot
from qarnot.exceptions import (
    MaxPoolException,
    MissingPoolException,
    MissingProfileException,
    MissingProjectException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot.project import Project

from accounts import ledger
from accounts.tokens import revoke
from farm.models import Bucket


def test_the_sdk_learns_who_it_is_and_where_the_buckets_are(as_alice, alice, settings):
    Bucket.objects.create(account=alice, name="IN")

    info = as_alice.user_info

    assert (info.email, info.bucket_count, info.task_count) == ("alice@example.org", 1, 0)
    assert info.running_instance_count == 0
    assert as_alice.storage == settings.S3_DOOR_URL


def test_quotas_count_what_runs(as_alice, machine):
    task = as_alice.create_task("film", "blender-4.5", 3)
    task.submit()
    machine.begin(task.uuid, 0)

    assert as_alice.user_info.running_core_count == 2
    assert as_alice.get_user_computing_quotas().flex.running_instances_count == 1
    organization = as_alice.get_organization_computing_quotas()
    assert organization.flex.running_counts_per_user["alice@example.org"].running_cores_count == 2


def test_an_address_that_ends_in_a_slash_works(alice, connect, live_server):
    connection = connect(alice, url=f"{live_server.url}/farm/")
    task = connection.create_task("film", "blender-4.5", 1)

    task.submit()

    assert connection.retrieve_task(task.uuid).state == "Submitted"


def test_a_wrong_token_is_refused_when_connecting(alice, connect):
    with pytest.raises(UnauthorizedException):
        qarnot.Connection(client_token="rw_0.0", cluster_url=connect(alice).cluster)


def test_a_revoked_token_is_refused_from_then_on(as_alice, alice):
    revoke(alice.tokens.get())

    with pytest.raises(UnauthorizedException):
        as_alice.all_tasks().__next__()


def test_a_suspended_account_is_refused(as_alice, alice):
    alice.is_active = False
    alice.save()

    with pytest.raises(UnauthorizedException):
        as_alice.create_task("film", "blender-4.5", 1).submit()


def test_profiles_tell_their_constants_and_defaults(as_alice):
    assert {"blender-4.5", "blender-5.2"} <= set(as_alice.profiles_names())
    assert {profile.name for profile in as_alice.profiles()} == set(as_alice.profiles_names())
    assert "BLEND_FILE" in dict(as_alice.retrieve_profile("blender-4.5").constants)
    assert as_alice.profile_details("houdini-99") is None
    with pytest.raises(MissingProfileException):
        as_alice.retrieve_profile("houdini-99")


def test_what_this_farm_does_not_offer_is_empty_or_refused_in_words(as_alice):
    assert list(as_alice.all_hardware_constraints()) == []
    assert as_alice.search_cpu_model_constraints("ryzen") == []
    assert list(as_alice.all_pools()) == []
    with pytest.raises(MissingPoolException):
        as_alice.retrieve_pool("5a0e4f4c-0000-4000-8000-000000000001")
    with pytest.raises((UnauthorizedException, MaxPoolException), match="Pools are not offered"):
        as_alice.create_pool("pool", "blender-4.5").submit()
    with pytest.raises(MissingProjectException, match="This farm has none"):
        Project("5a0e4f4c-0000-4000-8000-000000000001").get_all_budgets(as_alice)


def test_credits_are_render_hours(as_alice, alice):
    task = as_alice.create_task("film", "blender-4.5", 1)
    task.submit()
    ledger.charge(alice, 1800, "film", reference=task.uuid, key="attempt:1")

    assert as_alice.credits().amount_in_euros == ledger.balance_seconds(alice) / 3600
    assert task.credits().amount_in_euros == 0.5


def test_a_page_that_is_not_there_is_an_error_in_words(as_alice):
    assert as_alice._get("/no/such/page").json() == {"message": "There is nothing at /no/such/page."}
    with pytest.raises(QarnotGenericException, match="The token is not one of a page"):
        as_alice.tasks_page(token="made up")
