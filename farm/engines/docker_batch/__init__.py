"""Bring your own software: an image from a registry, run like any other engine."""
