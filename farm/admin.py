"""The farm for its operator: tasks, instances, machines and buckets. States are changed by actions only."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from farm import copies, groups, lifecycle, submission, wakes
from farm.models import Attempt, Bucket, Dependency, Instance, InstanceState, Job, Node, Site, Task
from farm.qbox.admin import QBoxInline


class _Watched(admin.ModelAdmin):
    """Rows the farm writes: looked at here, changed only by the actions. A list counts nothing it needn't."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _FoundByUuid(_Watched):
    uuid_field = ""
    """The lookup of the task's uuid from this row: a search for a uuid finds it, dashes and all."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            return queryset.filter(**{self.uuid_field: UUID(search_term.strip())}), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)


class _WatchedInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DependencyInline(_WatchedInline):
    model = Dependency
    fields = ("on_uuid", "final_states", "state", "actual_final_state")
    readonly_fields = fields


@admin.register(Task)
class TaskAdmin(_FoundByUuid):
    list_display = ("name", "account", "profile", "state", "instances_ended", "results_count", "created_at", "ended_at")
    list_filter = ("state", "profile", "created_at")
    search_fields = ("name", "shortname", "account__email")
    list_select_related = ("account",)
    uuid_field = "uuid"
    actions = ("cancel", "retry", "remove")
    inlines = (DependencyInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        running = Q(instances__state__in=[InstanceState.WAITING, InstanceState.RUNNING])
        return super().get_queryset(request).annotate(left_count=Count("instances", filter=running))

    @admin.display(description="instances")
    def instances_ended(self, task: Any) -> str:
        return f"{task.total_instance_count - task.left_count} of {task.total_instance_count} ended"

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            try:
                lifecycle.cancel(task)
            except lifecycle.ForbiddenMove as fault:
                messages.warning(request, f"{task.name}: {fault}")
            else:
                messages.success(request, f"{task.name} is being cancelled.")

    @admin.action(description="Render failed instances again, as a new task", permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            try:
                copied = copies.copy_task(task, None, copies.FAILED)
            except submission.Refused as fault:
                messages.warning(request, f"{task.name}: {fault.message}")
            else:
                messages.success(request, f"{task.name} goes on as {copied.uuid}.")

    @admin.action(description="Delete; a running one is aborted first", permissions=["operate"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            submission.delete_task(task)
            messages.success(request, f"{task.name} is deleted once nothing of it runs.")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("farm.change_task")


@admin.register(Job)
class JobAdmin(_FoundByUuid):
    list_display = ("name", "account", "state", "task_count", "use_dependencies", "terminate_at", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("name", "shortname", "account__email")
    list_select_related = ("account",)
    uuid_field = "uuid"
    actions = ("terminate",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).annotate(task_count=Count("tasks"))

    @admin.display(description="tasks")
    def task_count(self, job: Any) -> int:
        return job.task_count

    @admin.action(description="Terminate: cancel its tasks, take no more", permissions=["operate"])
    def terminate(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            groups.terminate(job)
            messages.success(request, f"{job.name} is being terminated.")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("farm.change_job")


class AttemptInline(_WatchedInline):
    model = Attempt
    fields = ("number", "node", "sandbox_tier", "outcome", "claimed_at", "ended_at", "execution_seconds", "error")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("node").order_by("number")


@admin.register(Instance)
class InstanceAdmin(_FoundByUuid):
    list_display = (
        "instance_id",
        "task_name",
        "account",
        "state",
        "phase",
        "progress",
        "node",
        "attempt_count",
        "failure_count",
        "started_at",
        "ended_at",
    )
    list_filter = ("state", "phase", "node")
    search_fields = ("task__name", "task__account__email", "node__name")
    list_select_related = ("task__account", "node")
    uuid_field = "task__uuid"
    inlines = (AttemptInline,)

    @admin.display(description="task", ordering="task__name")
    def task_name(self, instance: Instance) -> str:
        return instance.task.name

    @admin.display(ordering="task__account__email")
    def account(self, instance: Instance) -> Model:
        return instance.task.account


_TOLD_BY_THE_NODE = ("profiles", "why_not", "sandbox_tier", "sandbox_note")


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):
    list_display = (
        "name",
        "site",
        "heartbeat_at",
        "busy_slots",
        "is_draining",
        "sandbox_tier",
        "owner",
        "cpu_model",
        "memory_mb",
        "problem",
    )
    list_filter = ("site", "sandbox_tier", "is_draining")
    search_fields = ("name", "site__name", "cpu_model")
    list_select_related = ("site", "owner")
    autocomplete_fields = ("owner",)
    fields = ("name", "site", "owner", "watts", "is_draining", "heartbeat_at", *_TOLD_BY_THE_NODE)
    readonly_fields = ("name", "heartbeat_at", *_TOLD_BY_THE_NODE)
    actions = ("drain", "take_work_again")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A node makes its own row when it starts."""
        return False

    @admin.display(description="profiles that aren't offered here, and why")
    def why_not(self, node: Node) -> str:
        return (
            format_html_join("", "<p><b>{}</b>: {}</p>", sorted(node.unavailable_profiles.items()))
            or "Every profile is offered here."
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        running = Q(instances__state=InstanceState.RUNNING)
        return super().get_queryset(request).annotate(busy_count=Count("instances", filter=running))

    @admin.display(description="slots")
    def busy_slots(self, node: Any) -> str:
        return f"{node.busy_count} of {node.slot_count} busy"

    @admin.action(description="Drain: finish what runs, take nothing new", permissions=["change"])
    def drain(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = queryset.update(is_draining=True)
        messages.success(request, f"{count} drained: what runs there is finished, nothing new is taken.")

    @admin.action(description="Take work again", permissions=["change"])
    def take_work_again(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = queryset.update(is_draining=False)
        wakes.wake()
        messages.success(request, f"{count} take work again.")


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    inlines = (QBoxInline,)


@admin.register(Bucket)
class BucketAdmin(_Watched):
    list_display = ("name", "account", "created_at")
    list_filter = ("created_at",)
    search_fields = ("name", "account__email")
    list_select_related = ("account",)
