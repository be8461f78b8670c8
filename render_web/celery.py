"""The one Celery application: control work on `control`, each node's slots on `node.<name>`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "render_web.settings")

app = Celery("render_web")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["farm.node"], related_name="tasks")
