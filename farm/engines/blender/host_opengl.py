"""Renders a tiny scene of our own with OpenGL: whether it works here, and the shaders that EEVEE starts with.

First argument: the render engine. Runs at the lowest priority, because with EEVEE it takes half a minute.
"""

import os
import sys

import bpy

_SIDE = 16
_LOWEST_PRIORITY = 19


def main():
    os.nice(_LOWEST_PRIORITY if "EEVEE" in sys.argv[1] else 0)
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    engine = sys.argv[1]
    if engine == "EEVEE":
        engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
        scene.eevee.taa_render_samples = 1
        _add_materials(scene)
    scene.render.engine = engine
    scene.render.resolution_x = scene.render.resolution_y = _SIDE
    scene.render.resolution_percentage = 100
    scene.render.filepath = os.path.join(os.getcwd(), "picture")
    bpy.ops.render.render(write_still=True)
    sys.stdout.flush()
    os._exit(0)


def _add_materials(scene):
    """Opaque, textured, see-through and shining, so that most kinds of shader are among those kept."""
    for place, (name, set_up) in enumerate(_MATERIALS.items()):
        bpy.ops.mesh.primitive_cube_add(location=(place, 0, 0))
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        set_up(material, material.node_tree.nodes["Principled BSDF"])
        scene.objects[-1].data.materials.append(material)


def _textured(material, shader):
    texture = material.node_tree.nodes.new("ShaderNodeTexNoise")
    material.node_tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])


def _glass(material, shader):
    shader.inputs["Transmission Weight"].default_value = 1
    material.surface_render_method = "BLENDED"


def _shining(material, shader):
    shader.inputs["Emission Strength"].default_value = 1


_MATERIALS = {"textured": _textured, "glass": _glass, "shining": _shining}


if __name__ == "__main__":
    main()
