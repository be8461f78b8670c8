"""The account over the API: where its buckets are, who it is, what it may use and has used."""

from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts import ledger
from accounts.ledger import SECONDS_AN_HOUR
from accounts.models import Account, ApiToken
from farm import limits, quotas
from farm.api.tasks import find
from farm.models import Bucket, Job
from farm.submission import Refused

VERSION = "1.0"


def settings(request: HttpRequest) -> HttpResponse:
    """Without the key `storage` the SDK would send files and e-mails to another company's store."""
    return JsonResponse({"storage": django_settings.S3_DOOR_URL})


def versions(request: HttpRequest) -> HttpResponse:
    return JsonResponse([{"version": VERSION, "endOfLife": None}], safe=False)


def token_check(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse({"version": VERSION})


def info(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """`remainingSeconds` is ours, and `heldSeconds`: what of it is held for tasks that have not ended."""
    account = token.account
    use = quotas.use_of(account)
    return JsonResponse(
        {
            "email": account.email,
            "bucketCount": Bucket.objects.filter(account=account).count(),
            "taskCount": use.task_count,
            "maxTask": quotas.MAX_TASKS,
            "runningTaskCount": use.open_task_count,
            "maxRunningTask": quotas.MAX_OPEN_TASKS,
            "maxInstances": quotas.MAX_INSTANCES,
            "maxPool": 0,
            "poolCount": 0,
            "maxRunningPool": 0,
            "runningPoolCount": 0,
            "maxJob": quotas.MAX_JOBS,
            "jobCount": Job.objects.filter(account=account).count(),
            "runningInstanceCount": use.running_instance_count,
            "runningCoreCount": use.running_core_count,
            "computingQuotas": {"user": _quotas(account, use)},
            "projects": [],
            "remainingSeconds": ledger.balance_seconds(account),
            "heldSeconds": ledger.held_seconds(account),
        }
    )


def user_quotas(request: HttpRequest, token: ApiToken) -> HttpResponse:
    return JsonResponse(_quotas(token.account, quotas.use_of(token.account)))


def organization_quotas(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """An account is an organization of one."""
    use = quotas.use_of(token.account)
    counts = {"runningInstancesCount": use.running_instance_count, "runningCoresCount": use.running_core_count}
    whole = _quotas(token.account, use)
    whole["flex"]["runningCountsPerUser"] = {token.account.email: counts}
    whole["onDemand"]["runningCountsPerUser"] = {}
    return JsonResponse({"name": token.account.email, **whole})


def credits_left(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """This farm has no prices: a credit is a render hour."""
    return JsonResponse({"credits": ledger.balance_seconds(token.account) / SECONDS_AN_HOUR, "unit": "render hours"})


def credits_of_task(request: HttpRequest, token: ApiToken, task: str) -> HttpResponse:
    hours = ledger.charged_seconds(str(find(token, task).uuid)) / SECONDS_AN_HOUR
    return JsonResponse({"credits": hours, "unit": "render hours"})


def budgets(request: HttpRequest, token: ApiToken, project: str) -> HttpResponse:
    """An account has no projects here, only its hours."""
    raise Refused(404, f"No such project: {project}. This farm has none; an account's hours are its budget.")


def _quotas(account: Account, use: quotas.Use) -> dict[str, Any]:
    """Every instance is flexible here: it runs where there is room. Cores aren't limited, so no maximum is told."""
    most = limits.most_running(account)
    flex = _quota(use.running_instance_count, use.running_core_count, quotas.MAX_INSTANCES if most is None else most)
    return {"flex": flex, "onDemand": _quota(0, 0, 0), "reserved": []}


def _quota(instances: int, cores: int, max_instances: int) -> dict[str, Any]:
    return {
        "maxInstances": max_instances,
        "runningInstancesCount": instances,
        "maxCores": None,
        "runningCoresCount": cores,
        "runningCoreCount": cores,
    }
