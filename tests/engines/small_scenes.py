"""Small scenes of POV-Ray (a red ball that its clock moves) and of LuxCore (a red lamp in the dark)."""

BALL = """#version 3.7;
#include "colors.inc"
global_settings { assumed_gamma 1.0 }
camera { orthographic location <0, 0, -5> look_at 0 right 4*x up 4*y }
background { rgb 0 }
sphere { <2 * clock, 0, 0>, 1 pigment { Red } finish { ambient 1 diffuse 0 } }
"""
SQUARE = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
element face 1
property list uchar uint vertex_indices
end_header
-1 0 -1
1 0 -1
1 0 1
-1 0 1
4 0 1 2 3
"""
SCENE = """scene.camera.type = orthographic
scene.camera.screenwindow = -2 2 -2 2
scene.camera.lookat.orig = 0 -5 0
scene.camera.lookat.target = 0 0 0
scene.lights.sky.type = constantinfinite
scene.lights.sky.color = 0 0 0
scene.materials.lamp.type = matte
scene.materials.lamp.emission = 1 0 0
scene.objects.square.ply = square.ply
scene.objects.square.material = lamp
"""
CONFIGURATION = """film.width = 40
film.height = 40
scene.file = scene.scn
batch.haltspp = 8
film.imagepipelines.0.0.type = NOP
"""
