"""Bring your own software: an image from a registry, run like any other engine.

skopeo fetches it, umoci unpacks it, both inside the sandbox; no Docker daemon is needed. What differs from Docker's:
- the command runs as a user without any rights (DOCKER_USER is not followed) and without a network;
- the image is read-only; /job, /tmp, /var/tmp, /run and the home (/tmp) can be written;
- DOCKER_CMD is split into words as a shell does, and added to the image's entrypoint; no shell runs it unless it
  names one. `${NAME}` of a constant or of the instance is put in before that;
- every staged file may be executed: a bucket keeps no modes.

A node without skopeo and umoci, or whose sandbox is not isolated, does not offer the profile: an order is taken
all the same and waits, with the machine's reason as its waiting reason, since machines come and go.
"""
