"""A message to an open page: what changed, as the page's own parts."""

from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from jobs.domain import carbon_card, changes, result_files
from jobs.domain.headline import headline
from jobs.models import Job


def changes_message(job_id: UUID, after: int) -> dict[str, Any]:
    """Everything since revision `after`, or the first part of it (`is_whole` false). Raises Job.DoesNotExist."""
    found = changes.since(job_id, after)
    job = found.job
    return {
        "type": "changes",
        "from": found.after,
        "to": found.until,
        "is_whole": found.is_whole,
        "headline": render_to_string("jobs/parts/headline.html", {"job": job, "headline": headline(job)}),
        "machines": [
            {
                "instance": instance.instance_id,
                "html": render_to_string("jobs/parts/machine.html", {"job": job, "instance": instance}),
            }
            for instance in found.machines
        ],
        "frames": [
            {
                "number": frame.number,
                "html": render_to_string("jobs/parts/frame.html", {"job": job, "frame": frame}),
            }
            for frame in found.frames
        ],
        "files": [
            {"key": file.key, "html": render_to_string("jobs/parts/file.html", {"job": job, "file": file})}
            for file in found.files
        ],
        "carbon": _carbon(job) if found.has_carbon else "",
        "files_sum": _files_sum(job) if found.files else "",
        "lines": [line.to_json() for line in found.lines],
        "line_count": job.line_count,
    }


def _carbon(job: Job) -> str:
    return render_to_string("jobs/parts/carbon.html", {"carbon": carbon_card.card(job)})


def _files_sum(job: Job) -> str:
    return render_to_string("jobs/parts/files_sum.html", {"files": result_files.shelf(job)})
