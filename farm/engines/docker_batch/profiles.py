"""docker-batch: any software, in an image of the account's own choice."""

from farm.engines.docker_batch.engine import open_engine
from farm.engines.docker_batch.installation import INSTALLATION
from farm.engines.profile import Constant, Kind, Profile

FAMILY = "docker-batch"

_PROGRESS = (
    "A regular expression that finds the progress in a line of the command's output: its first group is a percentage"
    ' or "N/M", or its first two groups are N and M.'
)

CONSTANTS = (
    Constant("DOCKER_REPO", "library/ubuntu", "The image's repository.", label="Image", is_main=True),
    Constant("DOCKER_TAG", "latest", "The image's tag, or its digest (sha256:…).", label="Tag", is_main=True),
    Constant(
        "DOCKER_CMD",
        "",
        "The command and its words, in a shell's quotes, added to the image's entrypoint; empty: the image's own. "
        "Resources lie in /job, and what is left there is brought home.",
        label="Command",
        is_main=True,
    ),
    Constant(
        "DOCKER_WORKDIR",
        "",
        "The folder that the command starts in; empty: the image's, else /job.",
        label="Folder it starts in",
    ),
    Constant("DOCKER_SRV", "", "The registry's address; empty: Docker Hub.", label="Registry"),
    Constant("DOCKER_REGISTRY_LOGIN", "", "Your name at the registry, for a private image.", label="Registry name"),
    Constant(
        "DOCKER_REGISTRY_PASSWORD",
        "",
        "Your password or token at the registry; the command does not see it.",
        label="Registry password",
        kind=Kind.SECRET,
    ),
    Constant("DOCKER_HOST", "", "The host name that the command sees, for example qarnot-${INSTANCE_ID}."),
    Constant("DOCKER_USER", "", "Not followed: every command runs as a user without any rights."),
    Constant("DOCKER_PROGRESS1", "", _PROGRESS, label="Progress in the output"),
    Constant("DOCKER_PROGRESS2", "", "Tried where DOCKER_PROGRESS1 finds nothing."),
    Constant("DOCKER_PROGRESS3", "", "Tried where DOCKER_PROGRESS2 finds nothing."),
)

PROFILES = (
    Profile(
        name=FAMILY,
        software="Docker images",
        version="1",
        licence="that of the image; fetched with skopeo and unpacked with umoci (both Apache-2.0)",
        constants=CONSTANTS,
        installation=INSTALLATION,
        open_engine=open_engine,
        are_instances_frames=False,
        makes_pictures=False,
    ),
)
