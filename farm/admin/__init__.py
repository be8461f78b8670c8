"""The farm for its operator."""

from farm.admin import machines, orders

__all__ = ["machines", "orders"]
