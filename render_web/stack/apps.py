from django.apps import AppConfig


class StackConfig(AppConfig):
    name = "render_web.stack"
