"""The frame that holds the apps: settings, addresses, processes. No app knows it."""

from render_web.celery import app as celery_app

__all__ = ["celery_app"]
