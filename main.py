"""The command line: names and options of each command, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from commands import forward, history_group, settings
from commands.arguments import (
    DEFAULT_EXPORTS,
    DEFAULT_FOV_DEG,
    DEFAULT_NET_SIZE,
    DEFAULT_PAGE,
    DEFAULT_SIZE,
    DEFAULT_WORLD,
    Calibration,
    Clip,
    Config,
    Crop,
    Cutoff,
    Detector,
    End,
    Every,
    ExerciseName,
    Export,
    Fast,
    FieldOfView,
    FollowReference,
    FollowTrack,
    Height,
    HistoryFile,
    JsonTarget,
    Lsl,
    MostPeople,
    NetSize,
    NoHistory,
    OscTarget,
    PlanFile,
    PrintConfig,
    RerunFile,
    Rotate,
    SecondPassFilter,
    Serve,
    Size,
    Smoothing,
    Speak,
    Start,
    Threads,
    VirtualCamera,
    Weights,
    World,
)
from commands.options import (
    BenchOptions,
    CoachOptions,
    FileOptions,
    FollowOptions,
    LiveOptions,
    OutputOptions,
    PoseOptions,
    parse_height,
    parse_size,
)
from commands.run import run_command
from commands.version import version
from detection.offline.filter_options import DEFAULT_CUTOFF_HZ, Filter, FilterKind
from detection.smoothing import DEFAULT_STRENGTH
from pose.errors import ExitCode, LiftCamError
from stream.edit_options import EditOptions, parse_crop, parse_time

Value = TypeVar("Value")

DEMO_FOLDER = Path("demo_output")
RECORDINGS = Path("recordings")
SHARED = Path("..") / "shared"

app = typer.Typer(
    help="LiftCam: everybody in front of an ordinary camera as 2D and 3D skeletons, live, on two laptop cores.",
    epilog="Try first: python main.py demo. Without a command, live runs on camera 0.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

train = typer.Typer(help="Train the networks: the detector, or the lifter on motion of your own.")
evaluate = typer.Typer(help="Score networks on data that they were not trained on.")
app.add_typer(train, name="train")
app.add_typer(evaluate, name="eval")
app.add_typer(history_group.group, name="history")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            callback=settings.apply_to_all,
            is_eager=True,
            help="Read options of all commands from FILE; the command line wins.",
        ),
    ] = None,
    show_version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Run `live` on camera 0 where no command is named."""
    if show_version:
        typer.echo(f"liftcam {version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(app(["live", *(["--config", str(config)] if config else [])], standalone_mode=False) or 0)


@app.command()
def live(
    context: typer.Context,
    source: Annotated[
        str, typer.Option(help="Index of a camera, an http(s) or rtsp address, a video file, or actor.")
    ] = "0",
    size: Size = DEFAULT_SIZE,
    mirror: Annotated[
        bool | None, typer.Option("--mirror/--no-mirror", help="Show as in a mirror; cameras do by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where recordings (R) and screenshots (S) go.")] = RECORDINGS,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after so many seconds.")] = None,
    display: Annotated[bool, typer.Option("--display/--no-display", help="Open a window.")] = True,
    exercise: ExerciseName = None,
    voice: Speak = False,
    plan: PlanFile = None,
    history: HistoryFile = None,
    no_history: NoHistory = False,
    follow: FollowReference = None,
    follow_track: FollowTrack = None,
    serve: Serve = None,
    json: JsonTarget = None,
    osc: OscTarget = None,
    lsl: Lsl = False,
    virtual_camera: VirtualCamera = False,
    rerun: RerunFile = None,
    detector: Detector = "auto",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    smoothing: Smoothing = DEFAULT_STRENGTH,
    fov: FieldOfView = DEFAULT_FOV_DEG,
    calibration: Calibration = None,
    height: Height = None,
    world: World = DEFAULT_WORLD,
    config: Config = None,
    print_config: PrintConfig = False,
) -> None:
    """Skeletons live from a webcam or a stream. In the window, H lists the keys."""
    from commands import live as command

    pose = PoseOptions(detector, weights, net_size, threads, smoothing, fov, calibration, *_ground(height, world))
    keep = False if no_history else (history is not None or None)
    coach = CoachOptions(exercise, voice, plan, history, keep, source)
    outputs = OutputOptions(json, osc, lsl, virtual_camera, rerun, serve)
    reference = None if follow is None else FollowOptions(follow, follow_track)
    options = LiveOptions(pose, source, _size(size), mirror, out, seconds, display, coach, outputs, reference)
    settings.print_or(context, print_config, lambda: command.run(options))


@app.command()
def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where demo.mp4 and poses.npz go.")] = DEMO_FOLDER,
    display: Annotated[
        bool, typer.Option("--display/--no-display", help="Open a window where the machine has a display.")
    ] = True,
    exercise: ExerciseName = None,
    voice: Speak = False,
    serve: Serve = None,
    json: JsonTarget = None,
    osc: OscTarget = None,
    lsl: Lsl = False,
    virtual_camera: VirtualCamera = False,
    rerun: RerunFile = None,
    size: Size = DEFAULT_SIZE,
    detector: Detector = "auto",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    smoothing: Smoothing = DEFAULT_STRENGTH,
    config: Config = None,
    print_config: PrintConfig = False,
) -> None:
    """The whole job on the bundled clip: no camera needed. Writes demo.mp4 and poses.npz."""
    from commands import demo as command

    pose = PoseOptions(detector, weights, net_size, threads, smoothing, DEFAULT_FOV_DEG)
    coach = CoachOptions(exercise, voice)
    outputs = OutputOptions(json, osc, lsl, virtual_camera, rerun, serve)
    settings.print_or(context, print_config, lambda: command.run(pose, out, display, _size(size), coach, outputs))


@app.command()
def file(
    context: typer.Context,
    clip: Clip,
    out: Annotated[Path | None, typer.Option(help="Write poses.npz and an annotated mp4 into this folder.")] = None,
    display: Annotated[
        bool | None,
        typer.Option("--display/--no-display", help="Show it in a window, in one pass; by default without --out."),
    ] = None,
    realtime: Annotated[bool, typer.Option("--realtime", help="Play at the clip's own speed, in one pass.")] = False,
    fast: Fast = False,
    filter: SecondPassFilter = FilterKind.BUTTERWORTH,
    cutoff: Cutoff = DEFAULT_CUTOFF_HZ,
    people: MostPeople = None,
    exercise: ExerciseName = None,
    voice: Speak = False,
    history: HistoryFile = None,
    serve: Serve = None,
    json: JsonTarget = None,
    osc: OscTarget = None,
    lsl: Lsl = False,
    virtual_camera: VirtualCamera = False,
    rerun: RerunFile = None,
    start: Start = None,
    end: End = None,
    rotate: Rotate = 0,
    crop: Crop = None,
    every: Every = 1,
    export: Export = DEFAULT_EXPORTS,
    size: Size = DEFAULT_SIZE,
    detector: Detector = "auto",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    smoothing: Smoothing = DEFAULT_STRENGTH,
    fov: FieldOfView = DEFAULT_FOV_DEG,
    calibration: Calibration = None,
    height: Height = None,
    world: World = DEFAULT_WORLD,
    config: Config = None,
    print_config: PrintConfig = False,
) -> None:
    """Every frame of a clip, in order. The last line printed is one JSON object."""
    from commands import process

    pose = PoseOptions(detector, weights, net_size, threads, smoothing, fov, calibration, *_ground(height, world))
    coach = CoachOptions(exercise, voice, history=history, keep=history is not None, source=clip)
    shown = out is None if display is None else display
    options = FileOptions(pose, clip, out, shown, realtime, _size(size), coach=coach, fast=fast, people=people)
    outputs = OutputOptions(json, osc, lsl, virtual_camera, rerun, serve)
    options = replace(options, filter=Filter(filter, cutoff), outputs=outputs)
    part = _part(start, end, crop)
    settings.print_or(
        context,
        print_config,
        lambda: process.run(replace(process.with_exports(options, export), edit=part(rotate, every))),
    )


@app.command()
def batch(
    context: typer.Context,
    clips: Annotated[
        Path, typer.Argument(metavar="DIR_OR_LIST", help="A folder with clips, or a text file with a path a line.")
    ],
    out: Annotated[Path, typer.Option(help="Results of each clip go into a folder of its name in this one.")],
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Clips at a time; left out, one a processor core.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a batch that was interrupted.")] = False,
    piece_s: Annotated[
        float | None,
        typer.Option("--piece", min=1, help="Look at longer clips in pieces of so many seconds; on a cluster 300."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Work on this Ray cluster: HOST:PORT, ray://HOST:PORT or auto."),
    ] = None,
    upload: Annotated[
        bool, typer.Option("--upload", help="Send clips, weights and results through Ray: no shared disk is needed.")
    ] = False,
    start: Start = None,
    end: End = None,
    rotate: Rotate = 0,
    crop: Crop = None,
    every: Every = 1,
    export: Export = DEFAULT_EXPORTS,
    people: MostPeople = None,
    filter: SecondPassFilter = FilterKind.BUTTERWORTH,
    cutoff: Cutoff = DEFAULT_CUTOFF_HZ,
    size: Size = DEFAULT_SIZE,
    detector: Detector = "auto",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    fov: FieldOfView = DEFAULT_FOV_DEG,
    calibration: Calibration = None,
    height: Height = None,
    world: World = DEFAULT_WORLD,
    config: Config = None,
    print_config: PrintConfig = False,
) -> None:
    """Many clips, several at a time; summary.csv says what became of each. The last line printed is one JSON object."""
    from commands import batch as command
    from commands import process

    ground = _ground(height, world)
    pose = PoseOptions(detector, weights, net_size, threads, DEFAULT_STRENGTH, fov, calibration, *ground)
    options = FileOptions(pose, "", None, display=False, realtime=False, size=_size(size), people=people)
    part = _part(start, end, crop)

    def run_batch() -> ExitCode:
        each = replace(process.with_exports(options, export), edit=part(rotate, every), filter=Filter(filter, cutoff))
        there = command.cluster_of(cluster, upload)
        return command.run(command.BatchOptions(each, clips, out, jobs, resume, piece_s, there))

    settings.print_or(context, print_config, run_batch)


@app.command()
def cameras(
    modes: Annotated[
        bool, typer.Option("--modes/--no-modes", help="Open each camera and try its usual sizes and rates.")
    ] = True,
) -> None:
    """List cameras with their names and modes."""
    from commands import cameras as command

    run_command(lambda: command.run(modes))


@app.command()
def weights(
    check: Annotated[bool, typer.Option("--check", help="Only list and verify; download nothing.")] = False,
) -> None:
    """Fetch, list and verify the networks' weights."""
    from commands import weights as command

    run_command(lambda: command.run(check))


@app.command()
def doctor() -> None:
    """What is installed and really in use, a line each, with the remedy. Ends with 1 where something fails."""
    from commands import doctor as command

    run_command(command.run)


@app.command()
def bench(
    name: Annotated[
        str,
        typer.Argument(
            metavar="batch|decode|detector|geometry|lifting|losses|network|outputs|sides|pipeline|render|"
            "smoothing|camera|start|video|memory|video-memory"
        ),
    ],
    source: Annotated[str, typer.Option(help="For camera: index of the camera, or an address.")] = "0",
    clip: Annotated[Path | None, typer.Option(help="For pipeline: a clip instead of the bundled one.")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="For pipeline, camera, memory, outputs and losses: how long.")
    ] = None,
    shared: Annotated[
        Path, typer.Option(help="For decode and detector: the folder with the made maps and labelled photos.")
    ] = SHARED,
    detector: Detector = "auto",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
) -> None:
    """Measure speed or accuracy on this machine. The last line printed is one JSON object."""
    from commands import bench as command

    pose = PoseOptions(detector, weights, net_size, threads, DEFAULT_STRENGTH, DEFAULT_FOV_DEG)
    run_command(lambda: command.run(BenchOptions(pose, name, source, clip, seconds, shared)))


@app.command()
def reps(
    poses: Annotated[Path, typer.Argument(metavar="POSES.npz", help="A pose file that file or demo wrote.")],
    exercise: Annotated[str, typer.Option(help="Name of the exercise, such as squat, a TOML file, or auto.")],
    track: Annotated[int | None, typer.Option(help="Whose; left out, who is seen largest for longest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Count and judge the repetitions in a saved pose file (docs/fitness.md has how well)."""
    from commands import reps as command

    run_command(lambda: command.run(command.RepsOptions(poses, exercise, track, as_json)))


@app.command()
def calibrate(
    source: Annotated[
        str, typer.Option(help="Index of a camera, an address, a clip, or a folder of pictures of a chessboard.")
    ] = "0",
    board: Annotated[str, typer.Option(metavar="COLUMNSxROWS", help="Inner corners of the chessboard.")] = "9x6",
    square_mm: Annotated[float, typer.Option(min=1, help="Side of one square, millimetres.")] = 25.0,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("calibration.yaml"),
    views: Annotated[int, typer.Option(min=4, help="So many different views are enough.")] = 20,
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so many seconds.")] = None,
    display: Annotated[bool, typer.Option("--display/--no-display", help="Show the camera in a window.")] = True,
) -> None:
    """Calibrate a camera from a chessboard that is shown to it."""
    from commands import calibrate as command

    columns, rows = _parsed(command.parse_board, board, "--board")
    options = command.CalibrateOptions(source, columns, rows, square_mm, out, views, seconds, display)
    run_command(lambda: command.run(options))


def _forwarded(group: typer.Typer, name: str, place: str, about: str) -> None:
    """A command whose options a training part defines (`commands/forward.py`)."""

    @group.command(name, help=about, context_settings=forward.ANY_ARGUMENTS)
    def _command(context: typer.Context) -> None:
        run_command(lambda: forward.run(place, context))


_forwarded(train, "pack", "detection.training.pack:main", "Pack photos, labels and pictures for training a detector.")
_forwarded(
    train, "detector", "detection.training.__main__:main", "Train an affinity-field network, or go on with a run."
)
_forwarded(
    train, "export", "detection.training.export:main", "Export a trained detector to ONNX and OpenVINO, with INT8."
)
_forwarded(
    train, "render", "commands.training_pictures:command", "Render pictures with labels for training a detector."
)
_forwarded(train, "lifter", "lifting.training.train:command", "Train a lifting network, or go on with a run.")
_forwarded(
    train, "bvh", "lifting.training.bvh:command", "Turn BVH files into motion that the lifter can be trained on."
)
_forwarded(
    train, "noise", "benchmarks.detector_noise:command", "Measure a detector's errors for the lifter's training."
)
_forwarded(
    train, "references", "lifting.training.reference_training:command", "Train what the lifter is compared with."
)


@evaluate.command("clips")
def _evaluate_clips(
    clips: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder with the labelled clips and clips.json.")
    ] = SHARED / "clips",
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Judge 3D on real clips by what is known of them: squats, feet that stand, steps, planks."""
    from commands import evaluate_clips as command

    pose = PoseOptions("openpose", weights, net_size, threads, DEFAULT_STRENGTH, DEFAULT_FOV_DEG)
    run_command(lambda: command.run(pose, clips, as_json))


@evaluate.command("detector")
def _evaluate_detector(
    weights: Weights = None,
    net_size: NetSize = DEFAULT_NET_SIZE,
    threads: Threads = None,
    images: Annotated[Path | None, typer.Option(metavar="DIR", help="Photos of your own, with --annotations.")] = None,
    annotations: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Their labels in COCO's keypoint format.")
    ] = None,
    shared: Annotated[Path, typer.Option(help="The folder with coco_eval, which is scored otherwise.")] = SHARED,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Score a network's 2D joints: OKS AP and AR, PCK, PCKh, PCP, PDJ, and its time."""
    from commands import evaluate as command

    options = command.EvaluateOptions(weights, net_size, threads, images, annotations, shared, as_json)
    run_command(lambda: command.run(options))


@evaluate.command("follow")
def _evaluate_follow(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder with uiprmd.npz.")] = SHARED / "data" / "mocap",
    calibrate: Annotated[bool, typer.Option("--calibrate", help="On those from whom the curve was made.")] = False,
    seen: Annotated[bool, typer.Option("--seen", help="As found by a detector in a camera's picture, lifted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Score how live --follow tells the same move from another, on subjects it was not tuned on."""
    from commands import evaluate_follow as command

    options = command.FollowEvaluation(data, calibrate, seen, as_json)
    run_command(lambda: command.run(options))


_forwarded(evaluate, "lifter", "lifting.training.evaluate:command", "Compare lifting networks on held-out motion.")


@evaluate.command("fitness")
def _evaluate_fitness(
    poses: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Pose files of the clips, as file CLIP --out DIR/CLIP writes; else no clips."),
    ] = None,
    shared: Annotated[Path, typer.Option(help="The folder with clips and data/mocap.")] = SHARED,
    held_out: Annotated[bool, typer.Option(help="Motion of the test subjects, or of those for choosing.")] = True,
    views: Annotated[int, typer.Option(min=1, help="Cameras that watch each set.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure the repetition counter: counts, times, names, faults, false counts."""
    from benchmarks.fitness.evaluate import FitnessOptions
    from commands import evaluate_fitness as command

    run_command(lambda: command.run(FitnessOptions(shared, poses, held_out, views), as_json))


def _part(start: str | None, end: str | None, crop: str | None) -> Callable[[int, int], EditOptions]:
    """What is asked of a clip, once its turn and its thinning are known: their mistakes are not this option's."""
    times = (_if_given(parse_time, start, "--start"), _if_given(parse_time, end, "--end"))
    area = _if_given(parse_crop, crop, "--crop")
    return lambda rotate, every: EditOptions(*times, rotate, area, every)


def _ground(height: str | None, world: str) -> tuple[float | None, bool]:
    """Height in metres, and whether the world is to be level."""
    if world not in ("level", "camera"):
        raise typer.BadParameter(f"{world!r} is neither level nor camera", param_hint="--world")
    return _if_given(parse_height, height, "--height"), world == "level"


def _size(text: str) -> tuple[int, int]:
    return _parsed(parse_size, text, "--size")


def _parsed(parse: Callable[[str], Value], text: str, option: str) -> Value:
    """What an option's text says; a wrong one is wrong usage of that option."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _if_given(parse: Callable[[str], Value], text: str | None, option: str) -> Value | None:
    return None if text is None else _parsed(parse, text, option)


def with_default(words: list[str], option: str, value: str) -> list[str]:
    """The command line with a value behind an option that stands alone, which typer cannot give it.

    >>> with_default(["live", "--serve", "--lsl"], "--serve", "127.0.0.1:8765")
    ['live', '--serve', '127.0.0.1:8765', '--lsl']
    """
    out: list[str] = []
    for word, following in zip(words, [*words[1:], "-"], strict=False):
        out += [word, value] if word == option and following.startswith("-") else [word]
    return out


def run() -> None:
    """Run the command line; a user's mistake is one line and an exit code, never a traceback."""
    try:
        app(with_default(sys.argv[1:], "--serve", DEFAULT_PAGE))
    except LiftCamError as error:
        typer.echo(f"liftcam: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    run()
