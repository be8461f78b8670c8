"""Scenes in, frames out: the rows of the artist's side."""

from jobs.models.add_on import AddOn, JobAddOn
from jobs.models.carbon import CarbonFacts
from jobs.models.frame import Frame
from jobs.models.job import FarmInstance, FarmPoller, Job
from jobs.models.library import JobLibrary, Library, LibraryFile
from jobs.models.log import LogChunk
from jobs.models.qarnot_access import QarnotAccess
from jobs.models.result_file import ResultFile
from jobs.models.scene import Scene
from jobs.models.upload import Upload

__all__ = [
    "AddOn",
    "CarbonFacts",
    "FarmInstance",
    "FarmPoller",
    "Frame",
    "Job",
    "JobAddOn",
    "JobLibrary",
    "Library",
    "LibraryFile",
    "LogChunk",
    "QarnotAccess",
    "ResultFile",
    "Scene",
    "Upload",
]
