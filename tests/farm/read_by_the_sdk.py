"""JSON that notes what the SDK looks for in it and doesn't find."""

from typing import Any


def noting(value: Any, missing: set[str], path: str = "") -> Any:
    """The same JSON; `missing` gets the path of every key that is asked for and isn't there."""
    if isinstance(value, dict):
        return _Noting({key: noting(inner, missing, f"{path}.{key}") for key, inner in value.items()}, missing, path)
    if isinstance(value, list):
        return [noting(inner, missing, f"{path}[]") for inner in value]
    return value


class _Noting(dict):
    def __init__(self, content, missing, path):
        super().__init__(content)
        self._missing, self._path = missing, path

    def _note(self, key):
        if not super().__contains__(key):
            self._missing.add(f"{self._path}.{key}".removeprefix("."))

    def get(self, key, default=None):
        self._note(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self._note(key)
        return super().__contains__(key)
