"""The files that come with POV-Ray: a scene may name them without bringing them."""

FILES = frozenset(
    """
    Mount1.png Mount2.png arrays.inc ash.map benediti.map bubinga.map bumpmap_.png cedar.map chars.inc
    colors.inc consts.inc crystal.ttf cyrvetic.ttf debug.inc finish.inc fract003.png functions.inc glass.inc
    glass_old.inc golds.inc ior.inc logo.inc makegrass.inc marbteal.map math.inc meshmaker.inc metals.inc
    mtmand.pot mtmandj.png orngwood.map pinkmarb.map plasma2.png plasma3.png povlogo.ttf povmap.png rad_def.inc
    rand.inc rdgranit.map screen.inc shapes.inc shapes2.inc shapes3.inc shapes_old.inc shapesq.inc skies.inc
    spiral.df3 stage1.inc stars.inc stdcam.inc stdinc.inc stoneold.inc stones.inc stones1.inc stones2.inc
    strings.inc sunpos.inc teak.map test.png textures.inc timrom.ttf transforms.inc ttffonts.cat whiteash.map
    woodmaps.inc woods.inc
    """.split()  # noqa: SIM905 (a list of quoted names would fill a page)
)
WITH_A_CAMERA = frozenset({"screen.inc", "stage1.inc", "stdcam.inc"})
