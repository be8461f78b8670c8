"""Loaded before Django's settings (pytest's `-p`): the tests keep their data in a folder of their own."""

import atexit
import os
import shutil
import tempfile

home = tempfile.mkdtemp(prefix="render-web-tests-")
atexit.register(shutil.rmtree, home, ignore_errors=True)
os.environ["RENDER_HOME"] = home
os.environ["LOG_LEVEL"] = "WARNING"
# Playwright's synchronous API keeps an event loop in the test's thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
