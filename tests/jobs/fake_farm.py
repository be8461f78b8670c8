"""A farm that holds its tasks in memory and does what a test tells it to; it speaks as jobs.farms does."""

import uuid
from dataclasses import dataclass, field

from jobs import farms
from jobs.enums import Where


@dataclass
class FakeTask:
    order: farms.TaskOrder
    account_id: int
    where: str
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "Submitted"
    waiting_reason: str = ""
    waiting_code: str = ""
    waiting_position: int | None = None
    waits: dict = field(default_factory=dict)
    """Instance → why it waits: {position, code, reason}."""
    carbon: dict | None = None
    """None: the farm tells no carbon facts."""
    running: dict = field(default_factory=dict)
    completed: dict = field(default_factory=dict)
    errors: list = field(default_factory=list)
    text: dict = field(default_factory=lambda: {"stdout": "", "stderr": ""})

    def to_json(self):
        return {
            "uuid": self.uuid,
            "shortname": self.order.shortname,
            "name": self.order.name,
            "profile": self.order.profile,
            "advancedRanges": self.order.ranges,
            "instanceCount": 0,
            "resultBucket": self.order.result_bucket,
            "creationDate": "2026-11-23T10:00:00Z",
            "state": self.state,
            "waitingReason": self.waiting_reason,
            "waitingCode": self.waiting_code,
            "waitingPosition": self.waiting_position,
            "errors": self.errors,
            "completedInstances": list(self.completed.values()),
            "status": {"runningInstancesInfo": {"perRunningInstanceInfo": list(self.running.values())}},
        }


class FakeFarm:
    def __init__(self):
        self.tasks = {}
        self.is_down = False
        self.troubles = {}
        """What is raised in place of an answer, by whose farm is asked."""
        self.questions = []
        """Whose farm was asked, question by question."""
        self.loses_answers = False
        self.refusal = None
        self.carbon_is_down = False
        self.gives_whole_output = False
        """As Qarnot's does, which knows no offset."""

    def of(self, account, where=Where.STUDIO):
        return FakeConnection(self, account, where)

    def only_task(self):
        (task,) = self.tasks.values()
        return task

    def runs(self, task, *numbers, phase="execution", progress=50.0, **place):
        """`place`: frameId, part, tileSide, place and isHeating, where the farm tells them."""
        task.state = "FullyExecuting"
        for number in numbers:
            task.running[number] = {
                "instanceId": number, "phase": phase, "progress": progress, "cpuUsage": 98.0, "currentMemoryMB": 300,
                "cpuModel": "EPYC", "nodeName": "node-1", "executionAttemptCount": 1, **place,
            }  # fmt: skip

    def ends(self, task, *numbers, state="Success", seconds=2.0, message="", **told):
        """`told`: frameId, part, tileSide, place, isHeating and results, where the farm tells them."""
        for number in numbers:
            task.running.pop(number, None)
            task.completed[number] = {
                "instanceId": number, "state": state, "execTimeSec": seconds, "nodeName": "node-1",
                "error": {"code": "x", "message": message} if message else None, **told,
            }  # fmt: skip


class FakeConnection:
    def __init__(self, farm, account, where):
        self.farm, self.account, self.where = farm, account, where

    def _answer(self):
        self.farm.questions.append(self.where)
        if self.where in self.farm.troubles:
            raise self.farm.troubles[self.where]
        if self.farm.is_down:
            raise farms.FarmDown("no answer")

    def submit(self, order):
        self._answer()
        if self.farm.refusal:
            raise farms.FarmRefused(self.farm.refusal)
        task = FakeTask(order, self.account.pk, self.where)
        self.farm.tasks[task.uuid] = task
        if self.farm.loses_answers:
            raise farms.FarmDown("the answer was lost")
        return task.uuid

    def find(self, tag):
        self._answer()
        return next((task.uuid for task in self.farm.tasks.values() if task.order.shortname == tag), None)

    def task(self, uuid):
        self._answer()
        if uuid not in self.farm.tasks:
            raise farms.TaskGone(uuid)
        return self.farm.tasks[uuid].to_json()

    def why_waiting(self, uuid, instance_id):
        self._answer()
        waits = self.farm.tasks[uuid].waits
        if instance_id not in waits:
            raise farms.TaskGone(f"instance {instance_id} does not wait")
        return {"instanceId": instance_id, **waits[instance_id]}

    def carbon_facts(self, uuid):
        self._answer()
        if self.farm.carbon_is_down:
            raise farms.FarmDown("no carbon facts at the moment")
        if self.farm.tasks[uuid].carbon is None:
            raise farms.TaskGone(uuid)
        return self.farm.tasks[uuid].carbon

    def output(self, uuid, stream, offset):
        self._answer()
        text = self.farm.tasks[uuid].text[stream]
        return farms.Output(text, None) if self.farm.gives_whole_output else farms.Output(text[offset:], offset)

    def newest_tasks(self, most=50):
        self._answer()
        mine = [t for t in self.farm.tasks.values() if (t.account_id, t.where) == (self.account.pk, self.where)]
        newest = [task.to_json() for task in reversed(mine)]
        for first in range(0, max(len(newest), 1), most):
            yield newest[first : first + most]

    def profile_names(self):
        self._answer()
        return []

    def cancel(self, uuid):
        self._answer()
        self.farm.tasks[uuid].state = "PendingCancel"
