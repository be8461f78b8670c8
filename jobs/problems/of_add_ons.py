"""What can be wrong with an add-on, in the words its row shows."""

from jobs.problems.words import Problem, listed

OF_ADD_ONS: dict[str, Problem] = {
    "add_on_none": Problem(
        "There is no Blender add-on in this zip.",
        "An add-on has an __init__.py that begins with bl_info, or a blender_manifest.toml. Bring the zip that you "
        "would install in Blender.",
        "blocks",
        "order",
    ),
    "add_on_loose": Problem(
        "The add-on's files lie loose in the zip, so that Blender can't tell its name.",
        "Zip the folder they lie in, not the files.",
        "blocks",
        "order",
    ),
    "add_on_too_deep": Problem(
        "The add-on lies too deep in the zip: in {folder}.",
        "Unpack the zip, and zip that folder alone.",
        "blocks",
        "order",
    ),
    "add_on_unreadable": Problem(
        "The add-on says in {file} what it is, but that can't be read.",
        "Look whether it installs in Blender. If it does, tell the operator which add-on it is.",
        "blocks",
        "order",
    ),
    "add_on_too_old": Problem(
        "The add-on was made for Blender {version}; Blender runs none from before 2.80.",
        "Look for a newer version of it.",
        "blocks",
        "order",
    ),
    "add_on_other_extension": Problem(
        "This is a {type}, not an add-on.",
        "Bring add-ons only: nothing else of Blender's preferences changes a picture.",
        "blocks",
        "order",
    ),
    "add_on_other_system": Problem(
        lambda said: f"The add-on runs on {listed(said['systems'])} only; the farm's machines run Linux.",
        "Download its version for Linux.",
        "blocks",
        "order",
    ),
    "add_on_too_large": Problem(
        "The zip unpacks to more than an add-on may hold: 1 GB and 20,000 files.",
        "Put its textures and models into a library, and bring the add-on without them.",
        "blocks",
        "order",
    ),
    "add_on_encrypted": Problem(
        "The zip is locked with a password.",
        "Make it again without a password.",
        "blocks",
        "order",
    ),
    "add_on_damaged": Problem(
        "The zip is damaged, or it is no zip.",
        "Download the add-on again, as a .zip.",
        "blocks",
        "order",
    ),
    "add_on_check_failed": Problem(
        "The add-on could not be checked: {reason}",
        "This is our fault, not the add-on's. Bring it again in a while, or tell the operator.",
        "blocks",
        "us",
    ),
}
