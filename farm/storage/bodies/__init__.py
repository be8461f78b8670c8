"""Bodies on their way through the door: decoded and checked in passing, never held."""
