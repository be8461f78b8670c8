"""Turns a scene's configuration and an order into what LuxCore is told."""

import os
import re

import host_job
import host_sdl
from host_speaking import Fault

ENDINGS = (".cfg",)
FORMATS = {"PNG": ".png", "EXR": ".exr", "JPEG": ".jpg"}
_ENGINES = {"PATHCPU", "BIDIRCPU", "LIGHTCPU", "TILEPATHCPU"}
_FOR_PROCESSORS = {"TILEPATHOCL": "TILEPATHCPU"}
_TILE_SAMPLER = "TILEPATHSAMPLER"
_DENOISERS = {"INTEL_OIDN", "BCD_DENOISER", "OPTIX_DENOISER"}
_DEFAULT_SAMPLES = 64
_OWN_PIPELINE = [("TONEMAP_AUTOLINEAR", {}), ("GAMMA_CORRECTION", {"value": ["2.2"]})]
"""What LuxCore does with a film whose configuration says nothing."""
_PIPELINE_STEP = re.compile(r"film\.imagepipeline(?:s\.(\d+))?\.(\d+)\.(.+)")
"""Both of LuxCore's spellings."""
_MOST_OUTPUTS = 64


class Settings:
    """A configuration to be changed. `values`: name → list of values."""

    def __init__(self, values, constants, speaker):
        self.values = values
        self._constants = constants
        self._speaker = speaker
        self.samples = None
        self.seconds = None

    def order(self):
        """Size, engine and end, as ordered or else as in the scene. Raises Fault."""
        for option, constant in (("film.width", "LUXCORE_W"), ("film.height", "LUXCORE_H")):
            ordered = host_job.number(self._constants, constant)
            if ordered is not None:
                self.values[option] = [str(ordered)]
        self._choose_engine()
        self._choose_end()
        self._denoise()

    def _choose_engine(self):
        own = host_sdl.first(self.values, "renderengine.type", "PATHCPU")
        engine = host_job.chosen(self._constants, "LUXCORE_ENGINE", ("", "PATHCPU", "BIDIRCPU"), "")
        if not engine:
            engine = own if own in _ENGINES else _FOR_PROCESSORS.get(own, "PATHCPU")
            if engine != own:
                self._speaker.say(
                    f"The scene asks for the engine {own}; it is rendered with {engine} on the processor."
                )
        self.values["renderengine.type"] = [engine]
        sampler = host_sdl.first(self.values, "sampler.type", "SOBOL")
        is_tiled = engine.startswith("TILEPATH")
        if is_tiled != (sampler == _TILE_SAMPLER) or sampler.startswith("RTPATH"):
            self.values["sampler.type"] = [_TILE_SAMPLER if is_tiled else "SOBOL"]

    def _choose_end(self):
        """A render without an end would run until the farm ends it."""
        samples = host_job.number(self._constants, "LUXCORE_SAMPLES", most=1_000_000)
        seconds = host_job.number(self._constants, "LUXCORE_SECONDS", most=1_000_000)
        self.samples = samples or host_sdl.number(self.values, "batch.haltspp")
        self.seconds = seconds or host_sdl.number(self.values, "batch.halttime")
        has_threshold = any(
            host_sdl.number(self.values, f"batch.halt{kind}") for kind in ("threshold", "noisethreshold")
        )
        if not self.samples and not self.seconds and not has_threshold:
            self.samples = _DEFAULT_SAMPLES
            self._speaker.say(f"Neither order nor scene says when to stop: after {_DEFAULT_SAMPLES} samples a pixel.")
        self.values["batch.haltspp"] = [str(int(self.samples or 0))]
        self.values["batch.halttime"] = [str(int(self.seconds or 0))]

    def _denoise(self):
        """Before everything else of the first pipeline: the denoiser wants light, not colours."""
        wish = host_job.chosen(self._constants, "LUXCORE_DENOISE", ("", "0", "1", "FALSE", "TRUE"), "")
        steps = self._pipeline()
        self.is_denoised = any(kind in _DENOISERS for kind, _ in steps)
        if wish in ("1", "TRUE") and not self.is_denoised:
            steps.insert(0, ("INTEL_OIDN", {}))
            self.is_denoised = True
        elif wish in ("0", "FALSE") and self.is_denoised:
            steps = [step for step in steps if step[0] not in _DENOISERS]
            self.is_denoised = False
        self._put_pipeline(steps)

    def _pipeline(self):
        """(type, options) of the steps of the one that makes the picture: the denoised one, or else the first."""
        pipelines = {}
        for name, values in self.values.items():
            found = _PIPELINE_STEP.fullmatch(name)
            if found:
                steps = pipelines.setdefault(int(found[1] or 0), {})
                steps.setdefault(int(found[2]), {})[found[3]] = values
        made = [[_step(steps[number]) for number in sorted(steps)] for _, steps in sorted(pipelines.items())]
        if len(made) > 1:
            self._speaker.say("Of the scene's image pipelines one is used: the denoised one, or else the first.")
        denoised = (steps for steps in made if any(kind in _DENOISERS for kind, _ in steps))
        return next(denoised, made[0] if made else list(_OWN_PIPELINE))

    def _put_pipeline(self, steps):
        """The first pipeline as it is wished; and the light itself as the second, for an EXR."""
        for name in [name for name in self.values if name.startswith("film.imagepipeline")]:
            del self.values[name]
        light = [("INTEL_OIDN", {})] if self.is_denoised else [("NOP", {})]
        for index, pipeline in enumerate((steps, light)):
            for number, (kind, options) in enumerate(pipeline):
                self.values[f"film.imagepipelines.{index}.{number}.type"] = [kind]
                for option, values in options.items():
                    self.values[f"film.imagepipelines.{index}.{number}.{option}"] = values

    def write_to(self, folder):
        """Sets the film's outputs; (path of the picture, {path of another output: the name the scene gives it})."""
        name = host_job.chosen(self._constants, "LUXCORE_FORMAT", FORMATS, "PNG")
        own = self._take_outputs()
        picture = os.path.join(folder, f"picture{FORMATS[name]}")
        is_clear = name != "JPEG" and any(output.get("type") == ["RGBA_IMAGEPIPELINE"] for output in own)
        kind = "RGBA_IMAGEPIPELINE" if is_clear else "RGB_IMAGEPIPELINE"
        outputs = [{"type": [kind], "index": ["1" if name == "EXR" else "0"], "filename": [picture]}]
        if self.is_denoised:  # the denoiser looks at them, if there are any
            for helper in ("ALBEDO", "AVG_SHADING_NORMAL"):
                outputs.append({"type": [helper], "filename": [os.path.join(folder, f"{helper}.exr")]})
        others = {}
        for number, output in enumerate(own):
            wanted = host_sdl.first(output, "filename")
            if wanted and "IMAGEPIPELINE" not in host_sdl.first(output, "type"):
                path = os.path.join(folder, f"{number}_{_safe(wanted)}")
                outputs.append({**output, "filename": [path]})
                others[path] = f"{number}_{_safe(wanted)}" if _safe(wanted) in others.values() else _safe(wanted)
        for number, output in enumerate(outputs):
            for option, values in output.items():
                self.values[f"film.outputs.{number}.{option}"] = values
        return picture, others

    def _take_outputs(self):
        found = {}
        for name in [name for name in self.values if name.startswith("film.outputs.")]:
            number, _, option = name.removeprefix("film.outputs.").partition(".")
            values = self.values.pop(name)
            if len(found) < _MOST_OUTPUTS:
                found.setdefault(number, {})[option] = values
        return list(found.values())


def _step(options):
    return options.get("type", ["NOP"])[0], {name: values for name, values in options.items() if name != "type"}


def _safe(name):
    """A name without a folder: the scene does not choose where its other pictures go."""
    return "".join(c if c.isalnum() or c in "-_. " else "_" for c in name.replace("\\", "/").rsplit("/", 1)[-1])[-100:]


def check_files(job, values, folders):
    """{name of a property: where its file really lies}, for those that LuxCore would not find. Raises Fault."""
    moved, missing = {}, []
    for name, path, kind in host_sdl.files_of(values):
        if os.path.isfile(path):
            continue
        there = host_sdl.where_is(job, path, folders)
        if there is None:
            missing.append(f"the {kind} “{path}”")
        else:
            moved[name] = [there]
    if missing:
        listed = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise Fault(
            "FILE_MISSING", f"Not among the uploaded files, and the scene needs them: {listed}. Upload them too."
        )
    return moved
