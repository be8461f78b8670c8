"""The operator's view of accounts, tokens and the ledger."""

import uuid
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import ledger, standing, tokens
from accounts.models import Account, ApiToken, Hold, LedgerEntry
from accounts.templatetags.render_time import render_time

# Sign-in to the admin panel is the ordinary one: limited in tries, with a second factor where it is set up.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Render Web"
admin.site.index_title = "Operator"


class GrantForm(ActionForm):
    """Hours and reason beside the choice of action; the key lets a form sent twice grant once."""

    hours = forms.CharField(required=False, max_length=20, widget=forms.TextInput({"size": 6, "inputmode": "decimal"}))
    reason = forms.CharField(required=False, max_length=300)
    grant_key = forms.CharField(label="", widget=forms.HiddenInput, initial=uuid.uuid4, max_length=36)


def balance_of_each(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """With `seconds_left`: one query for a whole page of accounts."""
    return accounts.annotate(seconds_left=Coalesce(F("balance__seconds"), 0))


@admin.register(Account)
class AccountAdmin(UserAdmin):
    form = UserChangeForm
    add_form = AdminUserCreationForm
    action_form = GrantForm
    list_display = ("email", "hours_left", "is_active", "is_staff", "created_at", "last_login")
    list_filter = ("is_active", "is_staff", "created_at")
    search_fields = ("email",)
    ordering = ("-created_at",)
    list_per_page = 50
    filter_horizontal = ()
    actions = ("grant_hours", "suspend", "restore")
    readonly_fields = ("hours_left", "movements", "created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "password", "hours_left", "movements")}),
        ("Standing", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return balance_of_each(super().get_queryset(request))

    @admin.display(description="render time left", ordering="seconds_left")
    def hours_left(self, account: Any) -> str:
        return render_time(account.seconds_left)

    @admin.display(description="ledger")
    def movements(self, account: Account) -> SafeString:
        address = reverse("admin:accounts_ledgerentry_changelist")
        return format_html('<a href="{}?account__id__exact={}">Every movement</a>', address, account.pk)

    @admin.action(description="Grant hours (give hours and reason)", permissions=["change"])
    def grant_hours(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        hours, reason = request.POST.get("hours", ""), request.POST.get("reason", "").strip()[:300]
        try:
            seconds = ledger.seconds_to_grant(hours)
        except ValueError as refusal:
            self.message_user(request, f"Nothing was granted. {refusal}", messages.ERROR)
            return
        if not reason:
            self.message_user(request, "Nothing was granted. Say why: the reason stands in the ledger.", messages.ERROR)
            return
        form_key = request.POST.get("grant_key", "")[:36] or uuid.uuid4()
        for account in queryset:
            ledger.grant(account, seconds, reason, key=f"admin:{form_key}:{account.pk}")
        self.message_user(request, f"{render_time(seconds)} granted to {queryset.count()} account(s).")

    @admin.action(description="Suspend: refuse sign-in, sessions and tokens", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            if account == request.user:
                self.message_user(request, "Your own account was left out: ask another operator.", messages.WARNING)
            elif self.has_change_permission(request, account):
                standing.suspend(account)

    @admin.action(description="Restore suspended accounts", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            standing.restore(account)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """A changed address signs in alone: allauth's rows of the old one would go on doing so."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        """Only an operator with all rights makes another one."""
        own = () if request.user.is_superuser else ("is_staff", "is_superuser")
        return (*self.readonly_fields, *own)

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """Never: the ledger is added to only. Suspend instead."""
        return False


class Unchangeable(admin.ModelAdmin):
    """Rows that are looked at here and written elsewhere."""

    list_select_related = ("account",)
    list_per_page = 100
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(Unchangeable):
    list_display = ("name", "account", "public_id", "is_internal", "created_at", "last_used_at", "revoked_at")
    list_filter = ("is_internal", ("revoked_at", admin.EmptyFieldListFilter), "last_used_at")
    search_fields = ("name", "account__email", "public_id")
    ordering = ("-pk",)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apitoken")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for row in queryset:
            tokens.revoke(row)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(Unchangeable):
    list_display = ("created_at", "account", "kind", "time", "reason", "reference")
    list_filter = ("kind", "created_at")
    search_fields = ("account__email", "reason", "reference", "key")

    @admin.display(description="render time", ordering="seconds")
    def time(self, entry: LedgerEntry) -> str:
        return render_time(entry.seconds)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "account__id__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(Hold)
class HoldAdmin(Unchangeable):
    """What renders under way hold. Let go by itself when they end."""

    list_display = ("created_at", "account", "time", "reason", "reference")
    search_fields = ("account__email", "reason", "reference")

    @admin.display(description="render time held", ordering="seconds")
    def time(self, hold: Hold) -> str:
        return render_time(hold.seconds)
