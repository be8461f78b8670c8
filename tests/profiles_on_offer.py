"""What a farm offers in tests of the artist's side, as the built-in farm tells it over the API."""


def constant(name, label="", kind="text", value="", **more):
    return {"name": name, "value": value, "description": "", "label": label, "kind": kind, **more}


def choices(*pairs):
    return [{"value": value, "label": label} for value, label in pairs]


def blender(line="4.5", version="4.5.15", **more):
    return {
        "name": f"blender-{line}",
        "software": "Blender",
        "family": "blender",
        "version": version,
        "line": line,
        "sceneEndings": [".blend"],
        "sceneConstant": "BLEND_FILE",
        "areInstancesFrames": True,
        "makesPictures": True,
        "isAvailable": True,
        "unavailableReason": "",
        "constants": [
            constant("BLEND_FILE", "Scene file", "scene_file", "undefined.blend"),
            constant(
                "BLEND_FORMAT", "Pictures as", "choice", "PNG", fact="output_format", isMain=True, isOutputFormat=True,
                choices=choices(("PNG", "PNG, ready to look at"), ("EXR", "EXR, for grading"), ("JPEG", "JPEG, small")),
            ),
            constant("BLEND_CAMERA", "Camera", fact="camera", choicesFact="cameras", isMain=True),
            constant(
                "BLEND_RATIO", "Resolution", "number", least=1, most=1000, unit="%", fact="resolution_percent",
                isMain=True,
            ),
            constant("BLEND_CYCLES_SAMPLES", "Samples", "number", least=1, most=65536, fact="samples", isMain=True),
            constant(
                "BLEND_SLICING", "Tiles", "choice", note="Several machines render one picture.",
                choices=choices(("", "Whole picture"), ("2", "2 × 2 tiles")),
            ),
            constant("BLEND_VIEW_LAYER", "View layer", choicesFact="view_layers"),
            constant("BLEND_ADDONS", kind="files"),
        ],
    } | more  # fmt: skip


POVRAY = {
    "name": "povray-3.7",
    "software": "POV-Ray",
    "family": "povray",
    "version": "3.7.0.10",
    "line": "3.7",
    "sceneEndings": [".pov", ".ini"],
    "sceneConstant": "POVRAY_FILE",
    "areInstancesFrames": True,
    "makesPictures": True,
    "isAvailable": True,
    "constants": [
        constant("POVRAY_FILE", "Scene file", "scene_file", "scene.pov"),
        constant("POVRAY_W", "Width", "number", least=1, most=65536, unit="px", fact="width", isMain=True),
        constant("POVRAY_H", "Height", "number", least=1, most=65536, unit="px", fact="height", isMain=True),
    ],
}
DOCKER = {
    "name": "docker-batch",
    "software": "Your own software",
    "family": "docker-batch",
    "version": "",
    "line": "",
    "areInstancesFrames": False,
    "makesPictures": False,
    "isAvailable": True,
    "constants": [
        constant("DOCKER_REPO", "Image", isMain=True),
        constant("DOCKER_CMD", "Command", isMain=True),
        constant("DOCKER_REGISTRY_PASSWORD", "Registry password", "secret"),
    ],
}
PLAIN_BLENDER = {
    "name": "blender-3.6",
    "constants": [
        {"name": "BLEND_FILE", "value": "undefined.blend", "description": "Scene file"},
        {"name": "BLEND_FORMAT", "value": "PNG", "description": "Picture format"},
        {"name": "BLEND_CYCLES_SAMPLES", "value": "", "description": "Samples a pixel"},
    ],
}
"""As Qarnot's cloud tells of a profile."""
EVERYTHING = (blender(), blender("5.2", "5.2.3"), POVRAY, DOCKER)
