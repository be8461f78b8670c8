"""A machine played by hand: it claims, prints and reports by the functions that real nodes use."""

from django.utils import timezone

from farm import lifecycle, output
from farm.models import Attempt, Instance, InstanceState, Phase, Task


class Machine:
    def __init__(self, node):
        self.node = node

    def begin(self, task_uuid, instance_id, phase=Phase.EXECUTION):
        """Takes an instance; the attempt that runs it."""
        instance = Instance.objects.get(task=task_uuid, instance_id=instance_id)
        instance.state, instance.phase, instance.node = InstanceState.RUNNING, phase, self.node
        instance.attempt_count += 1
        instance.cpu_model, instance.started_at = self.node.cpu_model, timezone.now()
        instance.save()
        attempt = Attempt.objects.create(instance=instance, number=instance.attempt_count, node=self.node)
        lifecycle.refresh_state(instance.task_id)
        return attempt

    def prints(self, attempt, text, stream="stdout", sequence=None):
        sequence = attempt.output.filter(stream=stream).count() if sequence is None else sequence
        return output.append(attempt, stream, sequence, text)

    def reaches(self, attempt, phase):
        Instance.objects.filter(pk=attempt.instance_id).update(phase=phase)
        lifecycle.refresh_state(attempt.instance.task_id)

    def ends(self, attempt, state=InstanceState.SUCCESS, error=None, results=()):
        Instance.objects.filter(pk=attempt.instance_id).update(
            state=state, phase="", ended_at=timezone.now(), error=error, results=list(results), execution_seconds=2.5
        )
        lifecycle.refresh_state(attempt.instance.task_id)

    def gives_back(self, attempt):
        Instance.objects.filter(pk=attempt.instance_id).update(state=InstanceState.WAITING, phase="")
        lifecycle.refresh_state(attempt.instance.task_id)

    def renders_all(self, task_uuid):
        for instance in Instance.objects.filter(task=task_uuid, state=InstanceState.WAITING).order_by("instance_id"):
            attempt = self.begin(task_uuid, instance.instance_id)
            self.prints(attempt, f"Fra:{instance.instance_id} Saved\n")
            self.ends(attempt)
        return Task.objects.get(pk=task_uuid)
