"""How much of the farm one account may hold at once."""

from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import Account
from farm.models import ENDED_STATES, Instance, InstanceState, Job, Task

MAX_TASKS = 10_000
"""Tasks an account keeps, ended ones among them."""
MAX_OPEN_TASKS = 1_000
"""Tasks of an account that wait or run."""
MAX_INSTANCES = 10_000
"""Instances of one task."""

MAX_JOBS = 1_000
"""Jobs an account keeps, completed ones among them."""


@dataclass(frozen=True)
class Use:
    """What an account holds now."""

    task_count: int
    open_task_count: int
    running_instance_count: int
    running_core_count: int


def use_of(account: Account) -> Use:
    tasks = Task.objects.filter(account=account).aggregate(
        all=Count("pk"), open=Count("pk", filter=~Q(state__in=ENDED_STATES))
    )
    running = Instance.objects.filter(task__account=account, state=InstanceState.RUNNING).select_related("node")
    cores = [instance.node.cores_a_slot for instance in running if instance.node]
    return Use(tasks["all"], tasks["open"], len(running), sum(cores))


def refusal(account: Account) -> str | None:
    """Why the account may not order one more task; None when it may."""
    use = use_of(account)
    if use.task_count >= MAX_TASKS:
        return f"Maximum number of tasks reached: you keep {MAX_TASKS:,}. Delete some that have ended."
    if use.open_task_count >= MAX_OPEN_TASKS:
        return f"Maximum number of tasks reached: {MAX_OPEN_TASKS:,} are waiting or running. Try again when some ended."
    return None


def job_refusal(account: Account) -> str | None:
    """Why the account may not make one more job; None when it may."""
    if Job.objects.filter(account=account).count() >= MAX_JOBS:
        return f"Maximum number of jobs reached: you keep {MAX_JOBS:,}. Delete some that are completed."
    return None
