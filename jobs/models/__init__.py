"""Scenes in, frames out: the rows of the artist's side."""

from jobs.models.frame import Frame
from jobs.models.job import FarmInstance, FarmPoller, Job
from jobs.models.log import LogChunk
from jobs.models.scene import Scene, Upload

__all__ = ["FarmInstance", "FarmPoller", "Frame", "Job", "LogChunk", "Scene", "Upload"]
