"""Builds the demo scene, and renders the picture of the landing page from it. Run by a Blender engine's Python:

    ~/.cache/render-web/engines/blender-4.5-4.5.15/bin/python tools/demo_scene.py save jobs/demo/basalt.blend
    ~/.cache/render-web/engines/blender-4.5-4.5.15/bin/python tools/demo_scene.py picture /tmp/landing.png

A pool of six-sided columns, moved by a wave that runs out from a lamp above it. All of it is made by geometry
nodes from one point and the scene's clock: the file is small, every frame is its own, and no script is in it.
"""

import math
import os
import sys

import bpy

RADIUS = 0.115
"""Of a column, in metres."""
GAP = 0.006
FRAMES = 24
"""Two seconds at twelve a second: the wave comes round to where it began."""
LAMP = (1.3, 0.6, 0.78)


def empty_scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.name = "Basalt"
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.render.fps = 12
    world = bpy.data.worlds.new("Night")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.011, 0.014, 0.02, 1)
    background.inputs["Strength"].default_value = 1.0
    scene.world = world
    return scene


def stone():
    material = bpy.data.materials.new("Basalt")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    variation = nodes.new("ShaderNodeObjectInfo")
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color = (0.03, 0.031, 0.034, 1)
    ramp.color_ramp.elements[1].color = (0.11, 0.112, 0.118, 1)
    rough = nodes.new("ShaderNodeMapRange")
    rough.inputs["To Min"].default_value, rough.inputs["To Max"].default_value = 0.16, 0.42
    links.new(variation.outputs["Random"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    links.new(variation.outputs["Random"], rough.inputs["Value"])
    links.new(rough.outputs["Result"], shader.inputs["Roughness"])
    return material


def glow(name, heart, rim, strength):
    """A lamp of paper: brighter in the middle than at its edge."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    links = material.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    emission = nodes.new("ShaderNodeEmission")
    emission.inputs["Strength"].default_value = strength
    facing, ramp = nodes.new("ShaderNodeLayerWeight"), nodes.new("ShaderNodeValToRGB")
    facing.inputs["Blend"].default_value = 0.35
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*heart, 1), (*rim, 1)
    links.new(facing.outputs["Facing"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], emission.inputs["Color"])
    links.new(emission.outputs["Emission"], nodes["Material Output"].inputs["Surface"])
    return material


def column(material):
    """One column with its top at zero, so that the wave moves tops and the feet stay out of sight."""
    bpy.ops.mesh.primitive_cylinder_add(vertices=6, radius=RADIUS, depth=1.6, location=(0, 0, -0.8))
    thing = bpy.context.object
    thing.rotation_euler.z = math.radians(30)
    bpy.ops.object.transform_apply(location=True, rotation=True)
    bevel = thing.modifiers.new("Edge", "BEVEL")
    bevel.width, bevel.segments = 0.011, 3
    bpy.ops.object.modifier_apply(modifier="Edge")
    thing.name = "Column"
    thing.data.materials.append(material)
    thing.location.z = -40
    thing.hide_render = True
    return thing


def honeycomb_points(across, deep):
    step_x, step_y = RADIUS * 1.5 + GAP, RADIUS * math.sqrt(3) + GAP
    for row in range(-deep, deep + 1):
        for place in range(-across, across + 1):
            yield (place * step_x, (row + 0.5 * (place % 2)) * step_y, 0)


def pool(column_object):
    """The field: a column on every point, lifted by a ring wave around the lamp."""
    points = list(honeycomb_points(44, 30))
    mesh = bpy.data.meshes.new("Points")
    mesh.from_pydata(points, [], [])
    field = bpy.data.objects.new("Field", mesh)
    bpy.context.collection.objects.link(field)
    tree = bpy.data.node_groups.new("Wave", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    wave_nodes(tree, column_object)
    field.modifiers.new("Wave", "NODES").node_group = tree
    return field


def wave_nodes(tree, column_object):
    def node(kind, **settings):
        made = tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(made, name, value)
        return made

    def calculate(operation, first, second=None):
        made = node("ShaderNodeMath", operation=operation)
        for socket, value in zip(made.inputs, (first, second), strict=False):
            if isinstance(value, (int, float)):
                socket.default_value = value
            elif value is not None:
                tree.links.new(value, socket)
        return made.outputs[0]

    start, end = node("NodeGroupInput"), node("NodeGroupOutput")
    place = node("GeometryNodeInputPosition")
    distance = node("ShaderNodeVectorMath", operation="DISTANCE")
    distance.inputs[1].default_value = (LAMP[0], LAMP[1], 0)
    tree.links.new(place.outputs[0], distance.inputs[0])
    far = distance.outputs["Value"]
    clock = node("GeometryNodeInputSceneTime").outputs["Seconds"]
    phase = calculate("SUBTRACT", calculate("MULTIPLY", far, 3.4), calculate("MULTIPLY", clock, math.pi))
    ring = calculate("MULTIPLY", calculate("COSINE", phase), 0.26)
    fading = calculate("POWER", 2.718, calculate("MULTIPLY", far, -0.24))
    noise = node("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 0.55
    swell = calculate("MULTIPLY", calculate("SUBTRACT", noise.outputs[0], 0.5), 0.5)
    grain = node("FunctionNodeRandomValue", data_type="FLOAT")
    loose = calculate("MULTIPLY", calculate("SUBTRACT", grain.outputs[1], 0.5), 0.05)
    height = calculate("ADD", calculate("ADD", calculate("MULTIPLY", ring, fading), swell), loose)
    offset = node("ShaderNodeCombineXYZ")
    tree.links.new(height, offset.inputs["Z"])
    lifted = node("GeometryNodeSetPosition")
    tree.links.new(start.outputs[0], lifted.inputs["Geometry"])
    tree.links.new(offset.outputs[0], lifted.inputs["Offset"])
    source = node("GeometryNodeObjectInfo", transform_space="ORIGINAL")
    source.inputs["Object"].default_value = column_object
    copies = node("GeometryNodeInstanceOnPoints")
    tree.links.new(lifted.outputs[0], copies.inputs["Points"])
    tree.links.new(source.outputs["Geometry"], copies.inputs["Instance"])
    tree.links.new(copies.outputs[0], end.inputs[0])


def lights():
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.27, segments=64, ring_count=32, location=LAMP)
    lamp = bpy.context.object
    lamp.name = "Lamp"
    bpy.ops.object.shade_smooth()
    lamp.data.materials.append(glow("Lamp", (1.0, 0.6, 0.24), (0.75, 0.16, 0.02), 3.4))
    lamp.visible_shadow = False
    flame = bpy.data.lights.new("Flame", "POINT")
    flame.shadow_soft_size, flame.energy, flame.color = 0.26, 210, (1.0, 0.55, 0.24)
    inside = bpy.data.objects.new("Flame", flame)
    inside.location = LAMP
    inside.visible_glossy = False
    bpy.context.collection.objects.link(inside)
    sky = bpy.data.lights.new("Sky", "AREA")
    sky.shape, sky.size, sky.size_y, sky.energy, sky.color = "RECTANGLE", 9, 2.5, 80, (0.42, 0.62, 1.0)
    placed = bpy.data.objects.new("Sky", sky)
    placed.location, placed.rotation_euler = (-4.5, 6.5, 3.2), (math.radians(-68), 0, math.radians(20))
    bpy.context.collection.objects.link(placed)


def camera(scene, wide):
    lens = bpy.data.cameras.new("Camera")
    lens.lens = 42 if wide else 46
    lens.dof.use_dof = True
    lens.dof.focus_distance, lens.dof.aperture_fstop = 5.3, 1.4
    placed = bpy.data.objects.new("Camera", lens)
    placed.location = (-0.15 if wide else 0.6, -5.0, 1.5)
    placed.rotation_euler = (math.radians(77.5), 0, math.radians(-2 if wide else -8))
    scene.collection.objects.link(placed)
    scene.camera = placed


def quality(scene, width, height, samples):
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.image_settings.file_format = "PNG"
    render.use_persistent_data = True
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 6
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"


def build(wide):
    scene = empty_scene()
    column_object = column(stone())
    pool(column_object)
    lights()
    camera(scene, wide)
    return scene


def main():
    what, target, *rest = sys.argv[1:]
    if what == "save":
        scene = build(wide=False)
        quality(scene, 1280, 720, 16)
        scene.render.resolution_percentage = 50
        bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath(target), compress=True)
    else:
        width, height, samples, frame = (int(word) for word in (*rest, *("2000", "840", "44", "10")[len(rest) :]))
        scene = build(wide=True)
        quality(scene, width, height, samples)
        scene.frame_set(frame)
        scene.render.filepath = os.path.abspath(target)
        bpy.ops.render.render(write_still=True)
    sys.stdout.flush()
    os._exit(0)  # Blender 4.5 may hang while it frees its memory


main()
