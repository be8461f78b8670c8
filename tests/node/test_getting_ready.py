"""An engine that fetches its software inside an order: the time until its own work begins is not the work's."""

import os

import pytest

import sandbox
from farm import scheduler
from farm.engines.events import Began, Outcome
from farm.models import Phase
from farm.node.work import Work
from farm.node.workspace import Machine, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


class Fetching:
    """Has no process until its work begins; `look` is called before and after."""

    def __init__(self, look):
        self.look = look
        self.pid = 0

    def __call__(self, task, place):
        return self

    def start(self):
        pass

    def run(self, instance, on_event, should_stop):
        self.look()
        self.pid = os.getpid()
        on_event(Began())
        self.look()
        return Outcome(0, "", "", 1.0, 2.0)

    def close(self):
        pass


def test_an_instance_is_in_its_environment_until_its_work_begins(alice, node, order, tmp_path):
    order(alice, [1])
    work = Work(scheduler.claim(node, "0"))
    phases = []
    engine = Fetching(lambda: phases.append(work.phase))
    workspace = Workspace(work.task, tmp_path / "task", Machine(threads=1, tier=sandbox.Tier.A), engine)
    workspace.make_folders()

    workspace.render(work)

    assert phases == [Phase.ENVIRONMENT, Phase.EXECUTION]
    assert work.environment_seconds >= 2.0
    assert work.execution_seconds == 1.0
