"""A command in an image, as the node runs it: what it gets, how it ends, what it cannot see."""

import os
import threading

import pytest

import sandbox
from farm.engines import profiles
from farm.engines.events import Began, LogLine, Progress
from farm.engines.profile import EnginePlace, InstanceOrder
from tests import registry as images
from tests.stack import wait_until


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with images.registry(tmp_path_factory.mktemp("registry") / "registry") as running:
        running.push(images.busybox(environment=["PATH=/bin", "OF_IMAGE=1", "BOTH=image"]), "plain")
        running.push(images.busybox(entrypoint=["echo", "entry"], command=["cmd"], folder="/etc"), "worded")
        yield running


@pytest.fixture
def profile():
    found = profiles.find("docker-batch")
    if reason := found.installation.why_missing(found):
        pytest.skip(reason)
    return found


@pytest.fixture
def images_folder(tmp_path_factory):
    """Kept for all tests of this file: they fetch once."""
    return tmp_path_factory.getbasetemp() / "docker-batch-images"


@pytest.fixture
def run(profile, registry, images_folder, tmp_path, settings):
    """Carries out one order; (outcome, lines of standard output, events)."""
    settings.IMAGES_FOLDER, settings.REGISTRIES_INSIDE = images_folder, [registry.address]
    job = tmp_path / "job"
    job.mkdir()

    def run(command="", *, repository="plain", should_stop=lambda: False, limits=None, on_event=None, **constants):
        place = EnginePlace(job, tmp_path / "scratch", 1, sandbox.Tier.A, limits or sandbox.Limits())
        engine = profile.open_engine(profile, place)
        environment = {"DOCKER_SRV": registry.address, "DOCKER_REPO": repository, "DOCKER_CMD": command, **constants}
        events = []

        def hear(event):
            events.append(event)
            if on_event:
                on_event(event)

        engine.start()
        try:
            outcome = engine.run(InstanceOrder(7, 7, environment=environment), hear, should_stop)
        finally:
            engine.close()
        lines = [event.text for event in events if isinstance(event, LogLine) and event.stream == "stdout"]
        return outcome, lines, events

    run.job = job
    return run


def test_the_images_words_and_the_orders_are_put_together_as_docker_does(run):
    assert run(repository="worded")[1] == ["entry cmd"]
    assert run("'two words' three", repository="worded")[1] == ["entry two words three"]


def test_it_starts_where_the_order_says_or_else_the_image(run):
    assert run("sh -c pwd")[1] == ["/job"]
    assert run("sh -c pwd", DOCKER_WORKDIR="/bin")[1] == ["/bin"]


def test_the_environment_is_the_images_and_the_orders_without_the_registrys_login(run):
    given = {"BOTH": "order", "DOCKER_REGISTRY_LOGIN": "", "DOCKER_REGISTRY_PASSWORD": "hush"}

    _, lines, _ = run("env", **given)

    told = dict(line.partition("=")[::2] for line in lines)
    assert (told["OF_IMAGE"], told["BOTH"], told["HOME"]) == ("1", "order", "/tmp")
    assert "DOCKER_REGISTRY_PASSWORD" not in told


def test_the_work_begins_when_the_image_is_there(run):
    _, _, events = run("echo hello")

    began = next(place for place, event in enumerate(events) if isinstance(event, Began))
    assert all(isinstance(event, LogLine) and event.stream == "stderr" for event in events[:began])
    assert events[began + 1 :] == [LogLine("stdout", "hello")]


def test_progress_is_found_in_what_it_prints_by_the_first_expression_that_fits(run):
    script = "sh -c 'echo frame 1 of 4; echo 30 %; echo nothing; echo 3/4 done'"
    expressions = {"DOCKER_PROGRESS1": r"frame (\d+) of (\d+)", "DOCKER_PROGRESS2": r"(\d+) ?%"}

    _, _, events = run(script, **expressions, DOCKER_PROGRESS3=r"(\d+/\d+)")

    assert [event.percent for event in events if isinstance(event, Progress)] == [25, 30, 75]


def test_an_expression_that_never_ends_holds_nothing_up(run):
    outcome, lines, _ = run(f"sh -c 'echo {'a' * 60}b; echo done'", DOCKER_PROGRESS1=r"(a|aa|a*)*$x")

    assert (outcome.is_success, lines[-1]) == (True, "done")


def test_an_expression_that_is_none_is_told(run):
    assert run("true", DOCKER_PROGRESS2="(")[0].error_message.startswith("DOCKER_PROGRESS2 is no regular expression")


def test_a_command_that_is_stopped_is_asked_first_and_then_ended(run):
    stop = threading.Event()
    script = "sh -c 'trap \"echo saved; touch kept; exit\" TERM; echo up; while true; do sleep 0.1; done'"

    outcome, lines, _ = run(script, should_stop=stop.is_set, on_event=lambda event: _set_by(event, "up", stop))

    assert (outcome.error_code, lines) == ("STOPPED", ["up", "saved"])
    assert (run.job / "kept").exists()


def test_one_that_does_not_listen_is_ended_with_all_that_it_started(run):
    stop = threading.Event()
    script = 'sh -c \'trap "" TERM; (trap "" TERM; while true; do sleep 0.1; done) & echo up; wait; sleep 600\''

    outcome, _, _ = run(script, should_stop=stop.is_set, on_event=lambda event: _set_by(event, "up", stop))

    assert outcome.error_code == "STOPPED"
    wait_until(lambda: not [process for process in _command_lines() if str(run.job) in process], 5)


def _set_by(event, text, flag):
    if isinstance(event, LogLine) and event.text == text:
        flag.set()


def _command_lines():
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline") as words:
                yield words.read()
        except OSError:
            continue


def test_the_time_limit_is_told(run):
    outcome, _, _ = run("sleep 600", limits=sandbox.Limits(wall_seconds=1))

    assert (outcome.error_code, outcome.is_final) == ("TIME_LIMIT", True)


def test_several_processes_together_have_the_memory_of_one(run):
    """Each keeps 12 MB of a file in its memory."""
    script = "for i in 1 2 3 4 5 6; do dd if=/dev/zero of=/dev/null bs=12M count=100000 & done; wait"

    outcome, _, _ = run(f"sh -c '{script}'", limits=sandbox.Limits(memory_mb=48))

    assert outcome.error_code == "OUT_OF_MEMORY"


def test_the_kernel_ends_it_before_the_farm_when_memory_runs_out(run):
    assert run("cat /proc/self/oom_score_adj")[1] == ["1000"]


def test_a_command_that_ends_itself_by_a_signal_is_a_failure_and_not_the_nodes_end(run):
    outcome, _, _ = run("sh -c 'kill -TERM $$'")

    assert (outcome.error_code, outcome.exit_code) == ("COMMAND_FAILED", 1)
    assert "SIGTERM" in outcome.error_message


def test_it_goes_on_when_it_has_closed_its_output(run):
    outcome, _, _ = run("sh -c 'exec >&- 2>&-; sleep 0.3; touch late'")

    assert outcome.is_success
    assert (run.job / "late").exists()


def test_other_tasks_files_are_not_there(run, tmp_path):
    other = tmp_path / "other-task"
    other.mkdir()
    (other / "secret").write_text("hush")

    outcome, lines, _ = run(f"sh -c 'cat {other}/secret; ls {tmp_path} /work /root /home'")

    assert (outcome.is_success, lines) == (False, [])


def test_there_is_no_way_to_the_network(run, registry):
    outcome, lines, _ = run(f"wget -T 2 -O - http://{registry.address}/v2/")

    assert (outcome.error_code, lines) == ("COMMAND_FAILED", [])


def test_a_staged_program_may_be_run(run):
    (run.job / "tool").write_text("#!/bin/sh\necho tool\n")
    (run.job / "tool").chmod(0o600)

    assert run("/job/tool")[1] == ["tool"]


def test_a_folder_that_is_not_there_is_told(run):
    outcome, _, _ = run("true", DOCKER_WORKDIR="/nowhere")

    assert outcome.error_code == "COMMAND_NOT_STARTED"
    assert "/nowhere" in outcome.error_message


def test_an_image_that_cannot_be_shown_is_told_as_its_own_fault(run, registry):
    many = [images.folder(f"folder-{number}") for number in range(501)]
    registry.push(images.busybox(*many), "many")

    outcome, _, _ = run("true", repository="many")

    assert (outcome.error_code, outcome.is_final) == ("IMAGE_UNREADABLE", True)
    assert "more than 500 files at its top" in outcome.error_message


def test_words_that_no_command_line_can_hold_break_nothing(run, registry):
    odd = {"environment": ["PATH=/bin", "ODD=\ud800\0x", "NO_VALUE"], "folder": "/\ud800"}
    registry.push(images.busybox(command=["echo", "\ud800"], **odd), "odd")

    assert run(repository="odd", DOCKER_WORKDIR="/job")[1] == ["?"]
    assert run("echo " + "x" * 40_000)[0].error_code == "CONSTANT_UNREADABLE"


def test_a_host_name_that_is_none_is_told(run):
    assert run("true", DOCKER_HOST="not a name")[0].error_code == "CONSTANT_UNREADABLE"
