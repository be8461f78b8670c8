"""The operator's view of scenes and renders: found, filtered, cancelled, rendered again. No query per row."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from jobs.domain import lifecycle, submission
from jobs.models import AddOn, FarmPoller, Job, Library, QarnotAccess, Scene
from jobs.problems import explain


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows are the domain's to write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Scene)
class SceneAdmin(ReadOnlyAdmin):
    list_display = ("name", "account", "state", "made_with", "problems_in_short", "size_bytes", "created_at")
    list_filter = ("state", "software", "created_at")
    search_fields = ("name", "account__email", "id")
    list_select_related = ("account",)
    date_hierarchy = "created_at"

    @admin.display(description="made with")
    def made_with(self, scene: Scene) -> str:
        return f"{scene.software} {scene.facts.get('software_version', '')}".strip()

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
        "farm",
        "profile",
        "farm_state",
        "created_at",
    )
    list_filter = ("state", "farm", "profile", "created_at")
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


@admin.register(Library)
class LibraryAdmin(ReadOnlyAdmin):
    list_display = ("name", "account", "bucket", "file_count", "listed_at", "due_at", "created_at")
    search_fields = ("name", "account__email", "bucket", "id")
    list_select_related = ("account",)
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Library]:
        return super().get_queryset(request).annotate(_file_count=Count("files"))

    @admin.display(description="files", ordering="_file_count")
    def file_count(self, library: Library) -> int:
        return int(getattr(library, "_file_count", 0))


@admin.register(AddOn)
class AddOnAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "account", "state", "problem_in_words", "is_on", "size_bytes", "created_at")
    list_filter = ("state", "is_on", "created_at")
    search_fields = ("name", "module", "account__email", "id")
    list_select_related = ("account",)
    date_hierarchy = "created_at"

    @admin.display(description="problem")
    def problem_in_words(self, add_on: AddOn) -> str:
        return explain(add_on.problem).sentence if add_on.problem else ""


@admin.register(QarnotAccess)
class QarnotAccessAdmin(ReadOnlyAdmin):
    """Who renders at Qarnot too. The token is not shown, not even sealed."""

    list_display = ("account", "email", "last_four", "problem", "checked_at")
    list_filter = ("problem",)
    search_fields = ("account__email", "email")
    list_select_related = ("account",)
    exclude = ("sealed_token",)


@admin.register(FarmPoller)
class FarmPollerAdmin(ReadOnlyAdmin):
    """Whose farm does not answer, and since when."""

    list_display = ("account", "farm", "farm_down_since", "failure_count", "leased_until", "discover_at")
    search_fields = ("account__email",)
    list_select_related = ("account",)
