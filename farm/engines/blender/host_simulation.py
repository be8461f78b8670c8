"""Brings a scene to a frame. A simulation that is not baked is stepped to it: a jump would give other pictures."""

_STEPPED_MODIFIERS = {"CLOTH", "SOFT_BODY"}
_LONGEST_STEPPING = 10_000


class Simulation:
    def __init__(self, scene, speaker):
        self._scene = scene
        self._is_stepped = _has_unbaked_simulation(scene)
        self._at = None
        if self._is_stepped:
            speaker.say("The scene has a simulation that is not baked: each frame is reached step by step.")

    def go_to(self, frame):
        scene = self._scene
        if self._is_stepped:
            is_ahead = self._at is not None and self._at < frame
            begin = self._at + 1 if is_ahead else min(scene.frame_start, frame)
            for step in range(max(begin, frame - _LONGEST_STEPPING), frame):
                scene.frame_set(step)
        scene.frame_set(frame)
        self._at = frame


def _has_unbaked_simulation(scene):
    return has_unbaked_rigid_body(scene) or any(
        _is_simulated(modifier) for thing in scene.objects for modifier in thing.modifiers
    )


def has_unbaked_rigid_body(scene):
    world = scene.rigidbody_world
    return bool(world and world.enabled and world.point_cache and not world.point_cache.is_baked)


def _is_simulated(modifier):
    if not modifier.show_render:
        return False
    if modifier.type in _STEPPED_MODIFIERS:
        return not modifier.point_cache.is_baked
    if modifier.type == "NODES" and modifier.node_group:
        return _has_simulation_zone(modifier.node_group, set())
    return False


def _has_simulation_zone(group, seen):
    if group.name_full in seen:
        return False
    seen.add(group.name_full)
    for node in group.nodes:
        if node.bl_idname == "GeometryNodeSimulationInput":
            return True
        inner = getattr(node, "node_tree", None)
        if inner is not None and _has_simulation_zone(inner, seen):
            return True
    return False
