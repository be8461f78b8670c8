"""The form that makes a token."""

from typing import Any

from django import forms

from accounts.models import Account, ApiToken

MOST_TOKENS = 50
"""Valid ones an account may have: the S3 door tries each when it checks a signature."""


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label="What is it for?",
        widget=forms.TextInput(attrs={"placeholder": "Studio pipeline", "autocomplete": "off"}),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_name(self) -> str:
        count = ApiToken.objects.filter(account=self.account, is_internal=False, revoked_at=None).count()
        if count >= MOST_TOKENS:
            raise forms.ValidationError(f"You have {MOST_TOKENS} tokens, which is the most. Revoke one first.")
        return self.cleaned_data["name"]
