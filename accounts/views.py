"""The account page: hours, their ledger, tokens, and what to copy into a script."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import ledger, snippets, statement, tokens
from accounts.forms import TokenForm
from accounts.models import Account, ApiToken

HOLDS_SHOWN = 50
JUST_MADE = "token_just_made"
"""Session key: the row of the token to show once. The text itself is derived and is kept nowhere."""


@require_GET
@login_required
@never_cache
def account_page(request: HttpRequest) -> HttpResponse:
    account = cast(Account, request.user)
    return _page(request, TokenForm(account), shown=_take_just_made(request, account))


@require_POST
@login_required
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    account = cast(Account, request.user)
    form = TokenForm(account, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    row, _ = tokens.make_token(account, form.cleaned_data["name"])
    request.session[JUST_MADE] = row.pk
    return redirect("account")


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    row = get_object_or_404(_shown_tokens(cast(Account, request.user)), pk=token_id)
    tokens.revoke(row)
    messages.info(request, f"“{row.name}” is revoked. Scripts and tools that use it are refused from now on.")
    return redirect("account")


def _page(request: HttpRequest, form: TokenForm, *, shown: ApiToken | None = None, status: int = 200) -> HttpResponse:
    account = cast(Account, request.user)
    free = ledger.available_seconds(account)
    text = tokens.token_text(shown) if shown else snippets.PLACEHOLDER
    context = {
        "free": free,
        "held": ledger.held_seconds(account),
        "holds": ledger.holds_under_way(account)[:HOLDS_SHOWN],
        "worth": statement.worth(account, free),
        "statement": statement.read(account, before=_cursor(request)),
        "is_first_page": _cursor(request) is None,
        "token_form": form,
        "tokens": [(row, tokens.token_text(row)[-4:]) for row in _shown_tokens(account)],
        "just_made": shown,
        "token_text": text,
        "script": snippets.python_script(text),
        "s3": snippets.s3_settings(account, text),
        "s3_snippets": snippets.s3_snippets(account, text),
    }
    return render(request, "accounts/account.html", context, status=status)


def _take_just_made(request: HttpRequest, account: Account) -> ApiToken | None:
    token_id = request.session.pop(JUST_MADE, None)
    return _shown_tokens(account).filter(pk=token_id).first() if token_id else None


def _shown_tokens(account: Account) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(account=account, is_internal=False, revoked_at=None).order_by("-pk")


def _cursor(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    return int(given) if given.isdecimal() and len(given) <= 18 else None
