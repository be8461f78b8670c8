"""The farm for its operator."""

from farm.admin import machines, orders, prices

__all__ = ["machines", "orders", "prices"]
