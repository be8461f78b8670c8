"""Runs in Blender's interpreter: makes a scene and the two libraries it needs, in the folder given as its argument.

hall.blend shows a red wall on the left, whose texture is a file, and on the right a green one, linked from
props/wall.blend, whose own texture lies in props/maps/. Nothing is packed.
"""

import os
import sys

import bpy

FOLDER = sys.argv[1]


def texture(path, colour):
    """A picture of one colour, saved there."""
    there = os.path.join(FOLDER, path)
    os.makedirs(os.path.dirname(there), exist_ok=True)
    image = bpy.data.images.new(os.path.basename(path), 16, 16)
    image.generated_color = colour
    image.filepath_raw, image.file_format = there, "PNG"
    image.save()
    bpy.data.images.remove(image)
    return there


def wall(name, picture, x):
    """A wall that shines in the colours of the picture."""
    bpy.ops.mesh.primitive_plane_add(size=2, location=(x, 0, 0))
    thing = bpy.context.object
    thing.name = name
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    image, shine, out = (
        nodes.new(kind) for kind in ("ShaderNodeTexImage", "ShaderNodeEmission", "ShaderNodeOutputMaterial")
    )
    image.image = bpy.data.images.load(picture)
    image.image.filepath = bpy.path.relpath(picture)
    material.node_tree.links.new(image.outputs["Color"], shine.inputs["Color"])
    material.node_tree.links.new(shine.outputs["Emission"], out.inputs["Surface"])
    thing.data.materials.append(material)
    return thing


def begin():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def save(path):
    there = os.path.join(FOLDER, path)
    os.makedirs(os.path.dirname(there), exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=there, check_existing=False)


def make_props():
    begin()
    green = texture("props/maps/green.png", (0, 1, 0, 1))
    save("props/wall.blend")
    wall("Green", green, 1)
    save("props/wall.blend")


def make_hall():
    begin()
    red = texture("textures/red.png", (1, 0, 0, 1))
    save("hall.blend")
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = 64, 32
    scene.view_settings.view_transform = "Standard"
    wall("Red", red, -1)
    with bpy.data.libraries.load(os.path.join(FOLDER, "props/wall.blend"), link=True, relative=True) as (_, into):
        into.objects = ["Green"]
    scene.collection.objects.link(into.objects[0])
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale, camera.location = "ORTHO", 4, (0, 0, 5)
    scene.collection.objects.link(camera)
    scene.camera = camera
    save("hall.blend")


make_props()
make_hall()
sys.stdout.flush()
os._exit(0)
