"""Reads the JSON of an order: every fault at once, by the field's name in Qarnot's API."""

from farm.json_fields import InvalidFile
from farm.task_file.order import TaskFile, read, read_change
from farm.task_file.waiting import Wish

__all__ = ["InvalidFile", "TaskFile", "Wish", "read", "read_change"]
