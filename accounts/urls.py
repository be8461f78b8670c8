from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.account_page, name="account"),
    path("tokens/", views.make_token, name="account_tokens_make"),
    path("tokens/<int:token_id>/revoke/", views.revoke_token, name="account_token_revoke"),
]
