"""Sites, machines and what one person may have of them, for the operator."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from farm import avoidance, heat, retirement, wakes
from farm.models import InstanceState, Limit, Node, Site
from farm.qbox.admin import QBoxInline

_RUNNING = Q(instances__state=InstanceState.RUNNING)
_TOLD_BY_THE_NODE = ("hardware", "load", "heard_of", "condition", "profiles", "why_not", "sandbox_tier", "sandbox_note")


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):
    list_display = ("name", "site", "condition", "slots", "load", "heard_of", "hardware", "sandbox_tier", "owner")
    list_filter = ("site", "sandbox_tier", "is_draining", ("retired_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "site__name", "site__place", "cpu_model")
    list_select_related = ("site", "owner")
    autocomplete_fields = ("owner",)
    fields = ("name", "site", "owner", "watts", "is_draining", *_TOLD_BY_THE_NODE)
    readonly_fields = ("name", *_TOLD_BY_THE_NODE)
    actions = ("drain", "take_work_again", "retire", "forgive")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A node makes its own row when it starts."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        busy = Count("instances__slot", filter=_RUNNING, distinct=True)
        return super().get_queryset(request).annotate(busy_count=busy)

    @admin.display(description="condition")
    def condition(self, node: Node) -> str:
        """In words, the worst first."""
        if node.retired_at:
            return "retired"
        if timezone.now() - node.heartbeat_at > wakes.NODE_SILENT_AFTER:
            return "silent: not switched on, or cut off"
        if node.problem:
            return f"takes nothing: {node.problem}"
        if avoidance.is_avoided(node):
            return f"avoided until {node.avoided_until:%H:%M} UTC. {node.avoided_reason}"
        return "draining: finishes what it renders" if node.is_draining else "takes work"

    @admin.display(description="slots", ordering="slot_count")
    def slots(self, node: Any) -> str:
        return f"{node.busy_count} of {node.slot_count} busy"

    @admin.display(description="load", ordering="load_percent")
    def load(self, node: Node) -> str:
        return f"{node.load_percent:.0f} %"

    @admin.display(description="heard of", ordering="heartbeat_at")
    def heard_of(self, node: Node) -> str:
        return str(naturaltime(node.heartbeat_at))

    @admin.display(description="hardware", ordering="core_count")
    def hardware(self, node: Node) -> str:
        cores = f"{node.core_count} cores, {node.memory_mb / 1024:.0f} GB"
        parts = [node.cpu_model, cores, node.gpu_model, "SSD" if node.has_ssd else ""]
        return ", ".join(part for part in parts if part)

    @admin.display(description="profiles that aren't offered here, and why")
    def why_not(self, node: Node) -> str:
        return (
            format_html_join("", "<p><b>{}</b>: {}</p>", sorted(node.unavailable_profiles.items()))
            or "Every profile is offered here."
        )

    @admin.action(description="Drain: finish what runs, take nothing new", permissions=["change"])
    def drain(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = retirement.drain(queryset)
        messages.success(request, f"Drained: {_nodes(count)}. What runs there is finished, nothing new is taken.")

    @admin.action(description="Take work again", permissions=["change"])
    def take_work_again(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = retirement.take_work_again(queryset)
        messages.success(request, f"Taking work again: {_nodes(count)}.")

    @admin.action(
        description="Retire: take out of the farm at once, what runs begins anew elsewhere", permissions=["change"]
    )
    def retire(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = retirement.retire(queryset)
        messages.success(request, f"Taken out of the farm. {_begin_anew(count)}")

    @admin.action(description="Forgive: avoid no longer what kept failing", permissions=["change"])
    def forgive(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = avoidance.forgive(queryset)
        messages.success(request, f"Forgiven: {_nodes(count)}. They take work like the others again.")


def _nodes(count: int) -> str:
    return f"{count:,} node{'' if count == 1 else 's'}"


def _begin_anew(count: int) -> str:
    if not count:
        return "Nothing ran there."
    return f"{count:,} instance{' begins' if count == 1 else 's begin'} anew elsewhere, at nobody's cost."


class SiteForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        heat.check(Site(**{name: cleaned.get(name) or "" for name in ("heat_wish", "heating_hours", "time_zone")}))
        return cleaned

    class Meta:
        model = Site
        fields = ("name", "place", "grid_intensity", "heat_wish", "heating_hours", "time_zone")


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    form = SiteForm
    list_display = ("name", "place", "heat", "machines", "grid_intensity")
    search_fields = ("name", "place")
    actions = ("want_heat", "want_no_heat")
    inlines = (QBoxInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        there = Q(nodes__retired_at=None)
        return super().get_queryset(request).annotate(node_count=Count("nodes", filter=there))

    @admin.display(description="heat")
    def heat(self, site: Site) -> str:
        hours = f" ({site.heating_hours})" if site.heat_wish == Site.HeatWish.HOURS else ""
        return ("wanted now" if heat.is_wanted(site) else "not wanted now") + hours

    @admin.display(description="machines", ordering="node_count")
    def machines(self, site: Any) -> str:
        return f"{site.node_count}"

    @admin.action(description="Heat is wanted from now on", permissions=["change"])
    def want_heat(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        count = queryset.update(heat_wish=Site.HeatWish.NOW)
        wakes.wake()
        messages.success(request, f"New work goes first to {count} site(s), until this is switched off.")

    @admin.action(description="No heat is wanted", permissions=["change"])
    def want_no_heat(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        count = queryset.update(heat_wish=Site.HeatWish.NONE)
        messages.success(request, f"{count} site(s) take work as the others do.")


@admin.register(Limit)
class LimitAdmin(admin.ModelAdmin):
    list_display = ("account", "running_instances")
    search_fields = ("account__email",)
    autocomplete_fields = ("account",)
    list_select_related = ("account",)
