"""The Q.Box: a site's own copy of the objects its nodes stage, so that a scene comes to a site once.

It is a hint. A node that finds none, or is answered anything but the whole object, takes it from the store.
"""
