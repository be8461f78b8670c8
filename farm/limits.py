"""How many machines one person may have at once, where the operator set a limit."""

from accounts.models import Account
from farm.models import Instance, InstanceState, Limit


def most_running(account: Account) -> int | None:
    """Instances of the account that may run at once; None: as many as there are slots."""
    return Limit.objects.filter(account=account).values_list("running_instances", flat=True).first()


def has_room(account: Account) -> bool:
    """A first look, without a lock."""
    most = most_running(account)
    return most is None or Instance.objects.filter(state=InstanceState.RUNNING, task__account=account).count() < most


def leaves_room(account_id: int) -> bool:
    """Whether one more may run. Under the lock of the limit's row until the transaction ends: two that ask at once
    don't both get the last place."""
    limit = Limit.objects.select_for_update().filter(account=account_id).first()
    if limit is None:
        return True
    running = Instance.objects.filter(state=InstanceState.RUNNING, task__account=account_id).count()
    return running < limit.running_instances
