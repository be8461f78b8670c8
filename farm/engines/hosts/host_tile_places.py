"""Where the tiles of a picture lie: n × n of them, row by row from the top left, without a gap or an overlap."""

FOLDER = "tiles"


def rectangle(width, height, side, part):
    """(left, top, right, bottom) in pixels from the top left; right and bottom are the first outside."""
    row, column = divmod(part, side)
    return (
        width * column // side,
        height * row // side,
        width * (column + 1) // side,
        height * (row + 1) // side,
    )


def folder_of(frame):
    """Below the job folder, and below the results of the task."""
    return f"{FOLDER}/{frame:04d}"


def facts_file(part):
    """Beside the tile: {"pictures": {file of the tile: name of the picture}, "quality": of a JPEG}."""
    return f"{part}.json"
