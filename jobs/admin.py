"""The operator's view of scenes and renders: found, filtered, cancelled, rendered again. No query per row."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.domain import lifecycle, submission
from jobs.models import FarmPoller, Job, Scene
from jobs.problems import explain


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows are the domain's to write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Scene)
class SceneAdmin(ReadOnlyAdmin):
    list_display = ("name", "account", "state", "blender", "problems_in_short", "size_bytes", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("name", "account__email", "id")
    list_select_related = ("account",)
    date_hierarchy = "created_at"

    @admin.display(description="Blender")
    def blender(self, scene: Scene) -> str:
        return str(scene.facts.get("blender_version", ""))

    @admin.display(description="problems")
    def problems_in_short(self, scene: Scene) -> str:
        return ", ".join(str(problem["id"]) for problem in scene.problems)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "account",
        "state",
        "problem_in_words",
        "frames_done",
        "profile",
        "farm_state",
        "created_at",
    )
    list_filter = ("state", "profile", "created_at")
    search_fields = ("name", "account__email", "id", "farm_task_uuid")
    list_select_related = ("account",)
    date_hierarchy = "created_at"
    actions = ("cancel", "render_failed_frames_again")

    @admin.display(description="problem")
    def problem_in_words(self, job: Job) -> str:
        return explain(job.problem).sentence if job.problem else ""

    @admin.display(description="frames")
    def frames_done(self, job: Job) -> str:
        return f"{job.frames_done_count}/{job.frame_count}"

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._each(request, jobs, lifecycle.cancel, "Being cancelled")

    @admin.action(description="Render failed frames again", permissions=["act"])
    def render_failed_frames_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._each(request, jobs, submission.render_failed_again, "Rendering again")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    def _each(self, request: HttpRequest, jobs: QuerySet[Job], act: Callable[[Job], None], done: str) -> None:
        for job in jobs:
            try:
                act(job)
            except (lifecycle.ForbiddenMove, lifecycle.JobMovedMeanwhile) as refusal:
                self.message_user(request, f"{job}: {refusal}", messages.ERROR)
            else:
                self.message_user(request, f"{job}: {done.lower()}.")


@admin.register(FarmPoller)
class FarmPollerAdmin(ReadOnlyAdmin):
    """Whose farm does not answer, and since when."""

    list_display = ("account", "farm_down_since", "failure_count", "leased_until", "discover_at")
    search_fields = ("account__email",)
    list_select_related = ("account",)
