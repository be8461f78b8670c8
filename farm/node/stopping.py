"""Ends tasks early that may spend no more: their waiting instances fail, and of the executing ones so many are dropped
that the others have room. A node drops such work at its next heartbeat, as after a lost lease.

Asked by whoever executes something of a task, and by the sweep. Two that stop the same task at once do no harm.
"""

from accounts.models import Account
from farm import lifecycle, spending
from farm.models import Attempt, Task
from farm.node import reports
from farm.spending import Purse, Stop

LONGEST_PAUSE_SECONDS = 10.0
"""Between two looks of one slot: meanwhile others may begin more instances of the task."""


def look(task: Task) -> float:
    """Stops the task if it may spend no more. Returns after how many seconds to look again."""
    purse = Purse(task.account)
    reason = purse.why_stop(task)
    if reason:
        stop(task, reason, purse)
        return spending.LOOK_SECONDS
    return max(spending.LOOK_SECONDS, min(LONGEST_PAUSE_SECONDS, purse.seconds_until_spent(task) / 2))


def sweep() -> None:
    """Stops what nobody looks after: tasks of which nothing executes."""
    live = Task.objects.filter(state__in=lifecycle.LIVE_STATES)
    for account in Account.objects.filter(pk__in=live.values("account")):
        purse = Purse(account)
        for task in live.filter(account=account):
            reason = purse.why_stop(task)
            if reason:
                stop(task, reason, purse)
                purse = Purse(account)  # what it held or used is free for the others


def stop(task: Task, reason: Stop, purse: Purse) -> None:
    lifecycle.fail_waiting(task, reason.code, reason.message)
    error = {"code": reason.code, "message": reason.message, "debug": ""}
    left, instances = purse.left(task), list(spending.executing(task))
    for place, instance in enumerate(instances):
        if left >= spending.until_next_look(task, len(instances) - place):
            return
        attempt = Attempt.objects.select_related("instance__task").get(instance=instance, number=instance.attempt_count)
        reports.stopped(attempt, error)
        left += instance.execution_seconds * task.rate
