"""Turns what skopeo and umoci complain of into a code and a sentence for whoever ordered."""

import re
import signal

import sandbox
from farm.engines.docker_batch.faults import Fault
from farm.engines.docker_batch.image_name import DOCKER_HUB, ImageName
from farm.engines.docker_batch.tools import Ended, too_large
from farm.engines.docker_batch.way_out import WayOut

_UNKNOWN = ("manifest unknown", "name unknown", "status code 404", "status 404", "not found")
_NO_ENTRY = (
    "unauthorized",
    "authentication required",
    "is denied",
    "access denied",
    "status code 401",
    "status code 403",
)
_TOO_MANY = ("toomanyrequests", "too many requests", "status code 429")
_CERTIFICATE = ("x509:", "certificate", "http response to https client")
_SAID = re.compile(r'msg="((?:[^"\\]|\\.)*)"')
_LONGEST = 300


def of_skopeo(name: ImageName, ended: Ended, way_out: WayOut, most_mb: int, *, has_login: bool) -> Fault:
    if way_out.refused:
        return refused(name, way_out.refused[0])
    if way_out.unreachable:
        return Fault(
            "REGISTRY_UNREACHABLE",
            f"The registry at {way_out.unreachable[0]} does not answer: check its address (DOCKER_SRV), "
            "or try again later.",
        )
    said = ended.complaint.lower()
    if any(words in said for words in _TOO_MANY):
        return Fault(
            "REGISTRY_UNREACHABLE",
            f"The registry {name.host} gives out no more images to this address for now: try again later"
            f"{'' if has_login else ', or with a login of your own (DOCKER_REGISTRY_LOGIN)'}.",
        )
    if any(words in said for words in _NO_ENTRY):
        return Fault("REGISTRY_DENIED", _denied(name, has_login=has_login))
    if any(words in said for words in _UNKNOWN):
        return Fault("IMAGE_UNKNOWN", f"There is no image {name}: check DOCKER_REPO and DOCKER_TAG.")
    if any(words in said for words in _CERTIFICATE):
        return Fault(
            "REGISTRY_UNREACHABLE",
            f"The registry {name.host} shows no certificate that this machine trusts: {_last(ended)}",
        )
    return _of_any(ended, most_mb) or Fault("IMAGE_NOT_FETCHED", f"{name} could not be fetched: {_last(ended)}")


def refused(name: ImageName, address: str) -> Fault:
    return Fault(
        "REGISTRY_REFUSED",
        f"{name} was not fetched: {address} is inside the farm's own network, or not encrypted. "
        "Use a public registry, or ask the operator to let this one in (REGISTRIES_INSIDE).",
    )


def of_umoci(name: ImageName, ended: Ended, most_mb: int) -> Fault:
    return _of_any(ended, most_mb) or Fault(
        "IMAGE_UNREADABLE", f"{name} could not be unpacked: {_last(ended)}. Build it anew, with layers of plain files."
    )


def _of_any(ended: Ended, most_mb: int) -> Fault | None:
    said = ended.complaint.lower()
    if "no space left" in said:
        return Fault("DISK_FULL", "This machine's disk ran full while the image was fetched.")
    if "file too large" in said or sandbox.signal_of(ended.exit_code) == signal.SIGXFSZ:
        return too_large(most_mb)
    if said.startswith("bwrap:"):
        return Fault("SANDBOX_FAILED", f"The machine could not make a safe place to fetch in: {_last(ended)}")
    return None


def _denied(name: ImageName, *, has_login: bool) -> str:
    if has_login:
        return (
            f"The registry {name.host} does not let this login read {name.repository}: "
            "check DOCKER_REGISTRY_LOGIN and DOCKER_REGISTRY_PASSWORD."
        )
    perhaps = " or there is no such image" if name.host == DOCKER_HUB else ""
    return f"{name} needs a login{perhaps}: set DOCKER_REGISTRY_LOGIN and DOCKER_REGISTRY_PASSWORD."


def _last(ended: Ended) -> str:
    lines = [line for line in ended.complaint.splitlines() if line.strip()]
    if not lines:
        return f"it ended with exit code {ended.exit_code}"
    told = _SAID.search(lines[-1])
    text = told[1].replace('\\"', '"') if told else lines[-1].strip(" ⨯")
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"
