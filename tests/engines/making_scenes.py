"""Runs in Blender's interpreter: makes the tests' scenes in the folder given as its argument."""

import os
import sys
import traceback

import bpy

FOLDER = sys.argv[1]


def begin(engine="CYCLES"):
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = engine
    scene.cycles.samples = 2
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    return scene


def save(name):
    bpy.ops.wm.save_as_mainfile(filepath=os.path.join(FOLDER, name), check_existing=False)


def moving_cube():
    cube = begin().objects["Cube"]
    for frame, place in ((1, 0.0), (10, 2.0)):
        cube.location.x = place
        cube.keyframe_insert("location", frame=frame)
    save("cube.blend")


def no_camera():
    camera = begin().objects["Camera"]
    bpy.data.objects.remove(camera)
    save("no_camera.blend")


def two_cameras():
    scene = begin()
    second = bpy.data.objects.new("Close", bpy.data.cameras.new("Close"))
    second.location = (0, -4, 0)
    second.rotation_euler = (1.5708, 0, 0)
    scene.collection.objects.link(second)
    save("two_cameras.blend")


def text_from(path, name):
    """The lines of a text file as a shape in the picture, without any script."""
    scene = begin()
    group = bpy.data.node_groups.new("reader", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    nodes = group.nodes
    reading = nodes.new("GeometryNodeImportText")
    reading.inputs["Path"].default_value = path
    curves, filled = nodes.new("GeometryNodeStringToCurves"), nodes.new("GeometryNodeFillCurve")
    instances, output = nodes.new("GeometryNodeRealizeInstances"), nodes.new("NodeGroupOutput")
    group.links.new(reading.outputs["String"], curves.inputs["String"])
    group.links.new(curves.outputs[0], instances.inputs[0])
    group.links.new(instances.outputs[0], filled.inputs[0])
    group.links.new(filled.outputs[0], output.inputs[0])
    modifier = scene.objects["Cube"].modifiers.new("reader", "NODES")
    modifier.show_viewport = False  # a long file takes long, and here it can be read
    modifier.node_group = group
    save(name)


def file_output(path, name):
    scene = begin()
    scene.use_nodes = True
    node = scene.node_tree.nodes.new("CompositorNodeOutputFile")
    node.base_path = path
    node.file_slots[0].path = "../../depth_"
    layers = next(node for node in scene.node_tree.nodes if node.bl_idname == "CompositorNodeRLayers")
    scene.node_tree.links.new(layers.outputs["Image"], node.inputs[0])
    save(name)


def scripts():
    scene = begin()
    text = bpy.data.texts.new("at_opening.py")
    text.write("open('ran', 'w')\nprint('the script ran')\n")
    text.use_module = True
    driver = scene.objects["Cube"].driver_add("location", 0).driver
    driver.expression = "len(open('ran', 'w').name)"
    scene.render.use_freestyle = True
    freestyle = scene.view_layers[0].freestyle_settings
    freestyle.mode = "SCRIPT"
    freestyle.modules.new().script = text
    save("scripts.blend")


def missing_picture():
    cube = begin().objects["Cube"]
    image = bpy.data.images.new("wood", 4, 4)
    image.source, image.filepath = "FILE", "//textures/wood.png"
    nodes = cube.active_material.node_tree
    texture = nodes.nodes.new("ShaderNodeTexImage")
    texture.image = image
    nodes.links.new(texture.outputs[0], nodes.nodes["Principled BSDF"].inputs["Base Color"])
    save("missing_picture.blend")


def falling():
    """Where the cube is at frame 20 depends on the frames before it."""
    scene = begin()
    scene.rigidbody_world or bpy.ops.rigidbody.world_add()
    bpy.context.view_layer.objects.active = scene.objects["Cube"]
    scene.objects["Cube"].select_set(True)
    bpy.ops.rigidbody.object_add()
    save("falling.blend")


def heavy():
    """25 million faces: many gigabytes."""
    smooth = begin().objects["Cube"].modifiers.new("smooth", "SUBSURF")
    smooth.levels, smooth.render_levels = 1, 11
    save("heavy.blend")


def film():
    scene = begin()
    scene.render.image_settings.file_format = "FFMPEG"
    scene.render.filepath = "/tmp/elsewhere/film"
    save("film.blend")


def make_all():
    moving_cube()
    no_camera()
    two_cameras()
    text_from("/etc/passwd", "passwd.blend")
    text_from("/there/is/no/such/file", "nothing.blend")
    text_from("//words.txt", "words.blend")
    file_output(os.path.join(FOLDER, "elsewhere"), "file_output.blend")
    file_output("//passes/", "file_output_relative.blend")
    scripts()
    missing_picture()
    falling()
    film()
    heavy()


code = 1
try:
    make_all()
    code = 0
except Exception:
    traceback.print_exc()
finally:
    sys.stderr.flush()
    os._exit(code)  # Blender may hang while the interpreter ends
