"""Runs in Blender's interpreter: makes the scene that is rendered whole and in tiles, in the folder given."""

import os
import sys

import bpy

FOLDER = sys.argv[1]


def scene_of(engine="CYCLES"):
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = engine
    scene.cycles.samples = 8
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 101, 67
    bpy.ops.mesh.primitive_monkey_add(location=(1.5, 1.0, 1.0))
    return scene


def save(name):
    bpy.ops.wm.save_as_mainfile(filepath=os.path.join(FOLDER, name), check_existing=False)


scene = scene_of()
scene.view_layers[0].use_pass_z = scene.view_layers[0].use_pass_normal = True
save("tiles.blend")

scene = scene_of()
scene.cycles.samples, scene.cycles.adaptive_threshold, scene.cycles.adaptive_min_samples = 96, 0.1, 16
save("adaptive.blend")

scene = scene_of()
scene.cycles.use_denoising = True
save("denoised.blend")

scene = scene_of()
scene.render.use_border = True
scene.render.border_max_x = 0.5
save("region.blend")

scene = scene_of()
if hasattr(scene, "compositing_node_group"):
    scene.compositing_node_group = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
    nodes = scene.compositing_node_group.nodes
else:
    scene.use_nodes = True
    nodes = scene.node_tree.nodes
nodes.new("CompositorNodeBlur")
save("composited.blend")

sys.stdout.flush()
os._exit(0)
