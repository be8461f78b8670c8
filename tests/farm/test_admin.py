"""The operator's lists: what they show, find and do, with no query per row."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from farm import licences
from farm.groups import create_job
from farm.models import Attempt, Bucket, Instance, InstanceState, Job, Licence, Node, Rate, Site, Task
from farm.submission import create_task

LISTS = ["task", "job", "instance", "node", "bucket", "site", "limit"]


@pytest.fixture
def task(alice):
    return create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 2})


@pytest.fixture
def panel(client, operator, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client.force_login(operator)
    return client


def act(panel, model, action, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return panel.post(reverse(f"admin:farm_{model}_changelist"), chosen, follow=True)


def shown(panel, model, **asked):
    answer = panel.get(reverse(f"admin:farm_{model}_changelist"), asked)
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize("model", LISTS)
def test_a_list_of_many_costs_as_many_queries_as_one_of_few(panel, alice, machine, model):
    def queries():
        for _ in range(3):
            task = create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 1})
            machine.begin(task.pk, 0)
            number = Node.objects.count() + 1
            Node.objects.create(name=f"node-{number}", site=machine.node.site, owner=alice)
            Bucket.objects.create(account=alice, name=f"B{number}")
            create_job(alice, {"name": "night"})
        with CaptureQueriesContext(connection) as captured:
            shown(panel, model)
        return len(captured)

    queries()

    assert queries() == queries()


def test_a_task_is_found_by_uuid_name_and_account(panel, task, charlie):
    other = create_task(charlie, {"name": "other", "profile": "blender-4.5", "instanceCount": 1})

    for words in (str(task.uuid), "film", "alice@"):
        page = shown(panel, "task", q=words).content.decode()
        assert (str(task.pk) in page, str(other.pk) in page) == (True, False)
    assert shown(panel, "instance", q=str(task.uuid)).context["cl"].result_count == 2


def test_an_instance_and_a_task_can_be_looked_into(panel, task, machine):
    attempt = machine.begin(task.pk, 0)

    for model, row in [("task", task), ("instance", attempt.instance), ("node", machine.node)]:
        assert panel.get(reverse(f"admin:farm_{model}_change", args=[row.pk])).status_code == 200


def test_the_operator_cancels_a_task(panel, task, machine):
    act(panel, "task", "cancel", task)

    task.refresh_from_db()
    assert task.state == "Cancelled"
    assert b"is Cancelled and can" in act(panel, "task", "cancel", task).content


def test_the_operator_renders_failed_instances_again(panel, task, machine):
    machine.ends(machine.begin(task.pk, 1), InstanceState.FAILURE)
    machine.ends(machine.begin(task.pk, 0))

    act(panel, "task", "retry", task)

    again = Task.objects.exclude(pk=task.pk).get()
    assert list(Instance.objects.filter(task=again).values_list("instance_id", flat=True)) == [1]


def test_the_operator_deletes_a_task(panel, task):
    act(panel, "task", "remove", task)

    assert not Task.objects.exists()


def test_the_operator_drains_a_node_and_lets_it_work_again(panel, machine):
    act(panel, "node", "drain", machine.node)
    assert Node.objects.get().is_draining

    act(panel, "node", "take_work_again", machine.node)
    assert not Node.objects.get().is_draining


def test_the_operator_writes_down_what_was_measured_at_a_machine(panel, machine):
    page = reverse("admin:farm_node_change", args=[machine.node.pk])

    panel.post(page, {"site": machine.node.site_id, "owner": "", "watts": "140"})

    assert Node.objects.get().watts == 140


def test_the_operator_reads_why_a_machine_does_not_offer_a_profile(panel, machine):
    Node.objects.filter(pk=machine.node.pk).update(unavailable_profiles={"povray-3.7": "apt-get is <missing>."})

    page = panel.get(reverse("admin:farm_node_change", args=[machine.node.pk])).content.decode()

    assert "<b>povray-3.7</b>: apt-get is &lt;missing&gt;." in page


def test_no_one_else_sees_the_panel(client, alice, task):
    client.force_login(alice)

    assert client.get(reverse("admin:farm_task_changelist")).status_code == 302


def test_a_job_is_terminated_with_its_tasks(panel, alice):
    job = create_job(alice, {"name": "night"})
    task = create_task(alice, {"name": "n", "profile": "blender-4.5", "instanceCount": 1, "jobUuid": str(job.pk)})

    act(panel, "job", "terminate", job)

    assert (Job.objects.get().state, Task.objects.get(pk=task.pk).state) == ("Completed", "Cancelled")


def test_a_task_shows_what_it_waits_for(panel, alice, task):
    wish = {"dependsOn": [str(task.pk)]}
    body = {"name": "second", "profile": "blender-4.5", "instanceCount": 1, "dependencies": wish}
    second = create_task(alice, body)

    answer = panel.get(reverse("admin:farm_task_change", args=[second.pk]))

    assert str(task.pk) in answer.content.decode()


def test_a_tasks_page_shows_no_secret_constant(panel, alice):
    constants = [{"key": "QARNOT_SECRET__PASS", "value": "correct horse"}]
    task = create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 1, "constants": constants})

    page = panel.get(reverse("admin:farm_task_change", args=[task.pk]))

    assert (page.status_code, b"film" in page.content) == (200, True)
    assert b"correct horse" not in page.content


# --- sites and machines


def test_the_operator_retires_a_machine_and_what_it_renders_waits_for_another(panel, task, machine):
    attempt = machine.begin(task.pk, 0)

    answer = act(panel, "node", "retire", machine.node)

    assert "Taken out of the farm. 1 instance begins anew elsewhere" in answer.content.decode()
    assert Node.objects.get().retired_at is not None
    assert (Instance.objects.get(pk=attempt.instance_id).state, Attempt.objects.get().outcome) == (
        "waiting",
        "released",
    )
    act(panel, "node", "take_work_again", machine.node)
    assert Node.objects.get().retired_at is None


def test_the_operator_forgives_a_machine(panel, machine):
    Node.objects.update(
        heartbeat_at=timezone.now(),
        avoided_until=timezone.now() + timedelta(hours=1),
        avoided_reason="It has no <disk>.",
    )
    assert "It has no &lt;disk&gt;." in shown(panel, "node").content.decode()

    act(panel, "node", "forgive", machine.node)

    assert Node.objects.get().avoided_until is None


def test_the_list_of_machines_says_how_each_is(panel, machine):
    Node.objects.update(heartbeat_at=timezone.now(), load_percent=37.4, core_count=8, memory_mb=32768)
    Node.objects.create(name="asleep", site=machine.node.site, heartbeat_at="2020-01-01T00:00Z")
    page = shown(panel, "node").content.decode()

    for words in ("takes work", "silent: not switched on", "37 %", "8 cores, 32 GB", "0 of 4 busy"):
        assert words in page


def test_the_operator_switches_the_wish_for_heat(panel, machine):
    site = machine.node.site

    act(panel, "site", "want_heat", site)
    assert "wanted now" in shown(panel, "site").content.decode()

    act(panel, "site", "want_no_heat", site)
    assert Site.objects.get().heat_wish == "none"


def test_heating_hours_that_cannot_be_read_are_refused_beside_their_field(panel, machine):
    page = reverse("admin:farm_site_change", args=[machine.node.site_id])
    known = {"name": "home", "place": "Lyon", "grid_intensity": "56", "heat_wish": "hours", "time_zone": "Europe/Paris"}
    known |= {"qbox-TOTAL_FORMS": "0", "qbox-INITIAL_FORMS": "0"}

    refused = panel.post(page, {**known, "heating_hours": "in winter"}).content.decode()
    panel.post(page, {**known, "heating_hours": "mon-sun 6-22"})

    assert "“in winter” is no heating time" in refused
    assert (Site.objects.get().heating_hours, Site.objects.get().place) == ("mon-sun 6-22", "Lyon")


def test_the_operator_sets_what_an_hour_of_a_software_costs(panel):
    address = reverse("admin:farm_rate_add")

    panel.post(address, {"profile": "luxcore", "hours_an_hour": "1.5"})
    refused = panel.post(address, {"profile": "blender", "hours_an_hour": "0"}).content.decode()

    assert list(Rate.objects.values_list("profile", "hours_an_hour")) == [("luxcore", 1.5)]
    assert "greater than or equal to 0.01" in refused


VRAY = {
    "name": "vray", "title": "V-Ray", "profiles": ["blender"], "seats": "2", "extra_rate": "0.5", "allows_own": "on",
    "host_constant": "LICENSE_SERVER_HOST", "port_constant": "LICENSE_SERVER_PORT", "key_constant": "LICENSE_KEY",
    "server": "licences.farm.example:27000",
}  # fmt: skip


def add_licence(panel, **changes):
    return panel.post(reverse("admin:farm_licence_add"), VRAY | changes)


def test_a_licence_that_renders_need_cannot_be_deleted(panel, alice):
    add_licence(panel)
    create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 2})
    licence = Licence.objects.get()

    one = panel.post(reverse("admin:farm_licence_delete", args=[licence.pk]), {"post": "yes"})
    chosen = act(panel, "licence", "delete_selected", licence)

    assert "Cannot delete licence" in one.content.decode() and "Cannot delete" in chosen.content.decode()
    assert Licence.objects.exists()


def test_a_licence_is_entered_and_its_key_is_not_shown_again(panel, alice):
    assert add_licence(panel, new_key="FARM-KEY-1").status_code == 302

    task = create_task(alice, {"name": "film", "profile": "blender-4.5", "instanceCount": 1})
    assert licences.grant_of(task).key == "FARM-KEY-1"
    page = panel.get(reverse("admin:farm_licence_change", args=[Licence.objects.get().pk])).content
    assert b"FARM-KEY-1" not in page
    assert "0 of 2 in use" in shown(panel, "licence").content.decode()


def test_a_licence_says_for_which_software_it_is_by_ticks(panel, db):
    add_licence(panel)
    licence = Licence.objects.get()
    assert licence.profiles == ["blender"]

    page = panel.get(reverse("admin:farm_licence_change", args=[licence.pk])).content.decode()

    assert "blender, every version" in page and page.count("checked") == 2  # and that artists may bring their own


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"profiles": ["blendr"]}, "blendr is not one of the available choices"),
        ({"profiles": []}, "This field is required"),
        ({"server": "me@licences:27000"}, "A licence server is written as host:port"),
        ({"host_constant": ""}, "name the constant"),
        ({"port_constant": ""}, "Host and port go together"),
        ({"key_constant": "A-B"}, "A constant&#x27;s name has letters"),
    ],
)
def test_a_licence_that_no_software_could_use_is_refused(panel, db, changes, sentence):
    answer = add_licence(panel, **changes)

    assert sentence in answer.content.decode()
    assert not Licence.objects.exists()
