"""Which view layers are rendered, and whether noise is smoothed away: settings of ours on top of the scene's."""

from host_speaking import Fault

_SWITCH = {"ON": True, "1": True, "TRUE": True, "OFF": False, "0": False, "FALSE": False}


def choose_layer(scene, name):
    """Only the named view layer is rendered; a scene's own choice where `name` is empty. Raises Fault."""
    if not name:
        return
    if scene.view_layers.get(name) is None:
        known = ", ".join(layer.name for layer in scene.view_layers)
        raise Fault("VIEW_LAYER_UNKNOWN", f"The scene has no view layer called “{name}”. It has: {known}.")
    for layer in scene.view_layers:
        layer.use = layer.name == name


def choose_denoising(scene, word, speaker):
    """Raises Fault."""
    if not word:
        return
    is_on = _SWITCH.get(word.upper())
    if is_on is None:
        raise Fault("CONSTANT_UNREADABLE", f"BLEND_DENOISING is ON or OFF, or empty, not “{word[:40]}”.")
    if scene.render.engine != "CYCLES":
        speaker.say("BLEND_DENOISING changes nothing here: only Cycles denoises.")
        return
    scene.cycles.use_denoising = is_on
    if is_on:
        scene.cycles.denoiser = "OPENIMAGEDENOISE"  # the other one needs a graphics card
        for layer in scene.view_layers:
            layer.cycles.use_denoising = True
