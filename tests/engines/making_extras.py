"""Runs in Blender's interpreter: scenes for add-ons, view layers, missing files and denoising, in the folder given."""

import os
import sys

import bpy

FOLDER = sys.argv[1]


def begin():
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 32, 18
    return scene


def save(name):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False, relative_remap=False)


def picture(name):
    image = bpy.data.images.new(name, 4, 4)
    image.filepath_raw = os.path.join(FOLDER, name)
    image.file_format = "PNG"
    image.pixels = [0.0, 1.0, 0.0, 1.0] * 16
    image.save()
    return image


def two_layers():
    scene = begin()
    scene.view_layers.new("Shadows")
    save("layers.blend")


def shine(material, image):
    """The picture itself, whatever the light."""
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    texture, light, out = (nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "Emission", "OutputMaterial"))
    texture.image = image
    links.new(texture.outputs[0], light.inputs[0])
    links.new(light.outputs[0], out.inputs[0])


def library_linked_from_another_machine():
    """The scene links a library by an absolute path, which links its texture by one too."""
    begin()
    cube = bpy.data.objects["Cube"]
    cube.name = "Painted"
    image = picture("paint.png")
    material = bpy.data.materials.new("Paint")
    shine(material, image)
    cube.data.materials.clear()
    cube.data.materials.append(material)
    image.filepath = "/home/artist/textures/paint.png"
    save("library.blend")
    scene = begin()
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    with bpy.data.libraries.load(os.path.join(FOLDER, "library.blend"), link=True) as (_, wanted):
        wanted.objects = ["Painted"]
    scene.collection.objects.link(bpy.data.objects["Painted"])
    bpy.data.libraries[0].filepath = "/home/artist/library.blend"
    save("linked.blend")


two_layers()
library_linked_from_another_machine()
sys.stdout.flush()
os._exit(0)
