"""Websocket addresses."""

from typing import Any

from django.urls import path

from jobs.consumers import RenderConsumer

websocket_urlpatterns: list[Any] = [path("live/renders/<uuid:job_id>/", RenderConsumer.as_asgi())]
