"""The table of the API: an address, and who answers each method. Looked up by farm.api.urls."""

from django.urls import URLPattern, re_path

from farm.api import account, carbon, hardware, jobs, licences, logs, pools, profiles, secrets, snapshots, tasks
from farm.api.door import View, door, public_door

TASK = r"(?P<task>[0-9A-Za-z-]+)"
JOB = r"(?P<job>[0-9A-Za-z-]+)"
STREAM = r"(?P<stream>stdout|stderr)"


def route(pattern: str, view: View) -> URLPattern:
    """`pattern` is a whole path, in any case."""
    return re_path(rf"(?i)^{pattern}$", view, name=pattern)


urlpatterns = [
    route("settings", public_door(GET=account.settings)),
    route("versions", public_door(GET=account.versions)),
    route("v1", door(GET=account.token_check)),
    route("info", door(GET=account.info)),
    route("quotas/computing-quotas/user", door(GET=account.user_quotas)),
    route("quotas/computing-quotas/organization", door(GET=account.organization_quotas)),
    route("credits/v1/accounts/credits", door(GET=account.credits_left)),
    route(f"credits/v1/tasks/{TASK}/credits", door(GET=account.credits_of_task)),
    route("credits/v1/pools/[^/]+/credits", door(GET=pools.missing)),
    route("credits/v1/projects/(?P<project>[^/]+)/budgets", door(GET=account.budgets)),
    route(f"carbon/v1/tasks/{TASK}/carbon-facts", door(GET=carbon.facts)),
    route("carbon/v1/pools/[^/]+/carbon-facts", door(GET=pools.missing)),
    route("profiles", door(GET=profiles.names)),
    route(r"profiles/(?P<name>[^/]+)", door(GET=profiles.details)),
    route("licences", door(GET=licences.every)),
    route("hardware-constraints", door(GET=hardware.page)),
    route("hardware-constraints/cpu-model-constraints/search", door(GET=hardware.search)),
    route(
        "secrets-manager/data/(?P<key>.+)",
        door(GET=secrets.show, PUT=secrets.create, PATCH=secrets.change, DELETE=secrets.delete),
    ),
    route("secrets-manager/search(?:/(?P<prefix>.+))?", door(GET=secrets.search)),
    route("tasks", door(GET=tasks.plain_list, POST=tasks.create)),
    route("tasks/summaries", door(GET=tasks.plain_summaries)),
    route("tasks/paginate", door(POST=tasks.page)),
    route("tasks/summaries/paginate", door(POST=tasks.summaries_page)),
    route("tasks/search", door(POST=tasks.search)),
    route(f"tasks/{TASK}", door(GET=tasks.show, PUT=tasks.change, PATCH=tasks.resync, DELETE=tasks.delete)),
    route(f"tasks/{TASK}/abort", door(POST=tasks.abort)),
    route(f"tasks/{TASK}/(?P<way>retry|recover|resume|clone)", door(POST=tasks.copy)),
    route(rf"tasks/{TASK}/instances/(?P<instance>\d{{1,9}})/waiting", door(GET=tasks.why_instance_waits)),
    route(f"tasks/{TASK}/snapshot", door(POST=snapshots.take)),
    route(f"tasks/{TASK}/snapshot/periodic", door(POST=snapshots.take_every)),
    route(rf"tasks/{TASK}/snapshot/(?P<snapshot>[0-9a-f-]+)", door(GET=snapshots.show)),
    route(f"tasks/{TASK}/{STREAM}", door(GET=logs.whole, POST=logs.fresh)),
    route(rf"tasks/{TASK}/{STREAM}/(?P<instance>\d{{1,9}})", door(GET=logs.whole, POST=logs.fresh)),
    route("jobs", door(GET=jobs.plain_list, POST=jobs.create)),
    route("jobs/paginate", door(POST=jobs.page)),
    route("jobs/search", door(POST=jobs.search)),
    route(f"jobs/{JOB}", door(GET=jobs.show, DELETE=jobs.delete)),
    route(f"jobs/{JOB}/tasks", door(GET=jobs.tasks)),
    route(f"jobs/{JOB}/terminate", door(POST=jobs.terminate)),
    route("pools", door(GET=pools.plain_list, POST=pools.create)),
    route("pools/(?:summaries/)?paginate", door(POST=pools.page)),
    route("pools/search", door(POST=pools.plain_list)),
    route("pools/[^/]+(?:/.*)?", door(GET=pools.missing, POST=pools.missing, PUT=pools.missing, DELETE=pools.missing)),
]
