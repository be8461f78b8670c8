"""What can go wrong with a render or a frame, in the words the render's page shows."""

from collections.abc import Mapping
from typing import Any

from jobs.enums import Where
from jobs.problems.words import Problem, counted


def _frames(said: Mapping[str, Any]) -> str:
    """`Frame 3` or `4 frames (3–6)`; `frames` is already spoken by frame_list.spoken."""
    if said["count"] == 1:
        return f"Frame {said['frames']}"
    return f"{said['count']:,} frames ({said['frames']})"


def _done(said: Mapping[str, Any]) -> str:
    """`14 of 20 frames are done`, of a render that stopped."""
    one, many = ("frame", "frames") if said["makes_pictures"] else ("instance", "instances")
    if not said["done"]:
        return f"none of {counted(said['total'], one, many)} is done" if said["total"] > 1 else f"the {one} is not done"
    return f"{said['done']:,} of {counted(said['total'], one, many)} {'is' if said['total'] == 1 else 'are'} done"


def _hours(seconds: int | None) -> str:
    """`2 hours`, `1.5 hours`, `20 seconds`"""
    hours = f"{(seconds or 0) / 3600:,.2f}".rstrip("0").rstrip(".")
    if hours == "0":
        return f"{seconds or 0} seconds"
    return f"{hours} hour{'' if hours == '1' else 's'}"


def _after_files_not_brought(said: Mapping[str, Any]) -> str:
    """`refused_at`: the farm before whose storage the files were refused; asking again alone changes nothing."""
    if "refused_at" not in said:
        return "Render the missing frames again in a while, or drop the scene again."
    if said["refused_at"] == Where.QARNOT:
        return (
            "Look at your account at Qarnot: whether its storage is full or locked. Then render the missing frames "
            "again; if it is refused once more, tell the operator."
        )
    return "Tell the operator what it answered. Then render the missing frames again."


OF_JOBS: dict[str, Problem] = {
    "cap_reached": Problem(
        lambda said: f"It stopped at its limit of {_hours(said['cap_seconds'])}; {_done(said)}.",
        lambda said: (
            "What is done stays yours. Give the rest a limit of its own, and go on."
            if said["done"]
            else "Nothing was taken from your hours. Give it a higher limit, and go on."
        ),
        "blocks",
        "order",
    ),
    "hours_used_up": Problem(
        lambda said: f"It stopped because no free render hours were left; {_done(said)}.",
        "What is done stays yours. Ask the operator for hours, or wait until other renders give back what they hold; "
        "then go on with the rest.",
        "blocks",
        "account",
    ),
    "hours_held": Problem(
        "All render hours left on this account are held for renders that are under way.",
        "What those don't use is free again when they end. Go on with this one then, or ask the operator for hours.",
        "blocks",
        "account",
    ),
    "no_hours_left": Problem(
        "There are no render hours left on this account.",
        "Frames that are done stay yours. Ask the operator for hours, then render the rest again.",
        "blocks",
        "account",
    ),
    "account_suspended": Problem(
        "This account is suspended, so the farm takes nothing from it.",
        "Ask the operator what happened.",
        "blocks",
        "account",
    ),
    "farm_refused": Problem(
        "The farm did not take this render: {message}",
        "Change what it names and render again.",
        "blocks",
        "order",
    ),
    "qarnot_refused": Problem(
        "Qarnot did not take this render: {message}",
        "Change what it names, or look at your account there; then render again.",
        "blocks",
        "order",
    ),
    "files_not_brought": Problem(
        "The files of this render could not be brought to the farm's storage: {reason}",
        _after_files_not_brought,
        "blocks",
        "us",
    ),
    "not_handed_over": Problem(
        "The render could not be handed to the farm for {minutes} minutes: {reason}",
        "This is our fault, not the scene's. Render the missing frames again in a while, or tell the operator.",
        "blocks",
        "us",
    ),
    "task_vanished": Problem(
        "The farm no longer knows this render: it was deleted there.",
        "Frames that came back stay here. Order it again for the others.",
        "blocks",
        "farm",
    ),
    "all_frames_failed": Problem(
        "No frame could be rendered. The farm said: {message}",
        "{remedy}",
        "blocks",
        "scene",
    ),
    "scene_fails": Problem("It stopped early. {message}", "{remedy}", "blocks", "scene"),
    "all_instances_failed": Problem(
        "It did not run to its end. The farm said: {message}",
        "{remedy}",
        "blocks",
        "scene",
    ),
    "frames_failed": Problem(
        lambda said: f"{_frames(said)} could not be rendered. The farm said: {said['message']}",
        "{remedy} The other frames are here to look at and download.",
        "blocks",
        "scene",
    ),
    "frames_missing": Problem(
        lambda said: (
            f"{_frames(said)} did not come back, although the farm said "
            f"{'it was' if said['count'] == 1 else 'they were'} rendered."
        ),
        lambda said: (
            "Render the missing frames again."
            f"{'' if said.get('at_qarnot') else ' The operator can give the hours back.'}"
        ),
        "blocks",
        "farm",
    ),
    "frames_unreadable": Problem(
        lambda said: f"{_frames(said)} came back, but can't be opened as a picture.",
        "Render the missing frames again.",
        "blocks",
        "farm",
    ),
    "cancel_took_long": Problem(
        "The farm did not confirm the cancelling within {minutes} minutes.",
        lambda said: (
            "What had come back is here. "
            + (
                "Look at your account at Qarnot whether it goes on there."
                if said.get("at_qarnot")
                else "If hours go on being used, tell the operator."
            )
        ),
        "warns",
        "farm",
    ),
    # --- of a single frame ---------------------------------------------------------------------
    "frame_failed": Problem("This frame could not be rendered: {message}", "{remedy}", "blocks", "scene"),
    "frame_missing": Problem(
        "The farm said this frame was rendered, but its picture did not come back.",
        "Render the missing frames again.",
        "blocks",
        "farm",
    ),
    "frame_unreadable": Problem(
        "The file came back, but can't be opened as a picture: {reason}",
        "Render the missing frames again.",
        "blocks",
        "farm",
    ),
    "looks_black": Problem(
        "This picture is all black.",
        "Look for lights that are off on this frame, or a camera inside an object.",
        "warns",
        "scene",
    ),
    "looks_pink": Problem(
        "Much of this picture is the pink of a missing texture.",
        "Look at the missing files on the scene's card, add them, and render it again.",
        "warns",
        "scene",
    ),
    "looks_empty": Problem(
        "This picture is fully transparent: nothing is in front of the camera.",
        "Check the camera and which collections are rendered on this frame.",
        "warns",
        "scene",
    ),
}

_MORE_HOURS = "Ask the operator for hours, then render the rest again."
_REMEDIES = (
    ("no camera", "Add a camera in Blender, save, and drop the scene again."),
    ("out of memory", "Lower the resolution percent or the texture sizes, or ask for a machine with more memory."),
    ("memory", "Lower the resolution percent or the texture sizes, or ask for a machine with more memory."),
    ("time limit", "Lower the samples or the resolution percent. {again}."),
    ("not available", "Choose Cycles or EEVEE as the render engine in Blender, save, and drop the scene again."),
    ("licence server", "Look at your licence on the account page, then press “{again}”."),
    ("its limit of", "{again}; they have a limit of their own then."),
    ("render hours", _MORE_HOURS),
    ("no hours", _MORE_HOURS),
    ("credit", _MORE_HOURS),
    ("newer blender", "Choose a newer Blender version in the order."),
    ("silent", "The machine was lost, not your scene. {again}."),
    ("crash", "{again}. If it fails again, open the scene in Blender and render that frame."),
)


def remedy_for(message: str, *, makes_pictures: bool, at_qarnot: bool = False) -> str:
    """What to do about a farm's own words. Words that aren't known get the log and another try."""
    said = message.lower()
    unknown = "The end of the log may say more. Change what it names, or press “{again}”."
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in said), unknown)
    if at_qarnot and remedy == _MORE_HOURS:
        return "Look at your account at Qarnot, then render the rest again."
    return remedy.format(again="Render the missing frames again" if makes_pictures else "Run what is missing again")
