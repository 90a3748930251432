"""The options that several commands share: names, metavars and what help says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands import settings
from detection.offline.filter_options import FilterKind
from detection.smoothing import LAG_MS, LAG_MS_AT_DEFAULT

DEFAULT_NET_SIZE = 256
DEFAULT_FOV_DEG = 60.0
DEFAULT_SIZE = "1280x720"
DEFAULT_PAGE = "127.0.0.1:8765"
DEFAULT_EXPORTS = "npz,mp4"
DEFAULT_WORLD = "level"

_TRACKS = "Second pass"
_PEOPLE, _COACH, _OUTPUTS, _SETTINGS = "People", "Coach", "Outputs", "Settings"
_FOLLOW = "Follow"

Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        callback=settings.apply_to_one,
        is_eager=True,
        help="Read options from FILE; the command line wins.",
        rich_help_panel=_SETTINGS,
    ),
]
PrintConfig = Annotated[
    bool,
    typer.Option("--print-config", help="Print the options that hold, as TOML, and end.", rich_help_panel=_SETTINGS),
]
Detector = Annotated[
    str,
    typer.Option(
        metavar="auto|openpose|liftcam-paf-small|mediapipe",
        help="openpose finds everybody best; liftcam-paf-small, our own and weaker, needs no download; "
        "mediapipe finds one person; auto takes the first it has.",
        rich_help_panel=_PEOPLE,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(help="A network: its name, its file or folder, or one of your own.", rich_help_panel=_PEOPLE),
]
NetSize = Annotated[
    int,
    typer.Option(
        min=64,
        max=1024,
        help="Short side of the network's input, pixels: larger sees people further away, and is slower.",
        rich_help_panel=_PEOPLE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Threads of the network; left out, the engine chooses.", rich_help_panel=_PEOPLE),
]
Smoothing = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help=f"0 to 1: calmer joints for more lag, at most {LAG_MS_AT_DEFAULT:.0f} ms at the default, "
        f"{LAG_MS[1.0]:.0f} ms at 1 (bench smoothing).",
        rich_help_panel=_PEOPLE,
    ),
]
FieldOfView = Annotated[
    float,
    typer.Option(
        "--fov", min=20, max=150, help="Field of view of the camera's longer side, degrees.", rich_help_panel=_PEOPLE
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The camera's calibration (calibrate makes one).", rich_help_panel=_PEOPLE),
]
Height = Annotated[
    str | None,
    typer.Option(
        metavar="HEIGHT",
        help="How tall the people in view are: 1.78 (metres) or 178 (cm). Left out: adults of 1.70 m.",
        rich_help_panel=_PEOPLE,
    ),
]
World = Annotated[
    str,
    typer.Option(
        metavar="level|camera",
        help="Axes of the 3D view and of exports with y up: level, the floor at 0 once it is known, or the camera's.",
        rich_help_panel=_PEOPLE,
    ),
]
Start = Annotated[
    str | None, typer.Option(metavar="TIME", help="Begin at this time of the clip: 12.5, 00:10 or 1:02:03.5.")
]
End = Annotated[str | None, typer.Option(metavar="TIME", help="End before this time of the clip.")]
Rotate = Annotated[int, typer.Option(metavar="DEGREES", help="Turn clockwise: 0, 90, 180 or 270.")]
Crop = Annotated[str | None, typer.Option(metavar="X,Y,W,H", help="Only this part of the upright picture, in pixels.")]
Every = Annotated[int, typer.Option(metavar="N", help="Only every n-th frame.")]
Export = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help="What goes into --out, with commas: npz, mp4, json (OpenPose), coco, jsonl, csv, angles, bvh, trc, "
        "mot, c3d, html.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast", help="One pass, frame by frame; otherwise everybody is found first, then whole tracks are worked on."
    ),
]
SecondPassFilter = Annotated[
    FilterKind,
    typer.Option("--filter", help="How the second pass smooths, without any lag.", rich_help_panel=_TRACKS),
]
Cutoff = Annotated[
    float,
    typer.Option(
        metavar="HZ", min=0.1, help="Movement faster than this is taken for noise by --filter.", rich_help_panel=_TRACKS
    ),
]
MostPeople = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Only the N people who are seen longest.", rich_help_panel=_TRACKS),
]
ExerciseName = Annotated[
    str | None,
    typer.Option(
        "--exercise",
        metavar="NAME|FILE.toml|auto",
        help="Count and coach an exercise, such as squat or push_up, one of your own, or whatever is recognised.",
        rich_help_panel=_COACH,
    ),
]
Speak = Annotated[
    bool, typer.Option("--voice/--no-voice", help="Speak the coach's cues (extra voice).", rich_help_panel=_COACH)
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan", metavar="FILE.toml", help="Be led through a workout: exercises, sets, rests.", rich_help_panel=_COACH
    ),
]
HistoryFile = Annotated[
    Path | None,
    typer.Option("--history", metavar="FILE", help="Keep what is counted in this file.", rich_help_panel=_COACH),
]
NoHistory = Annotated[
    bool, typer.Option("--no-history", help="Keep nothing of what is counted.", rich_help_panel=_COACH)
]
Serve = Annotated[
    str | None,
    typer.Option(
        metavar="[HOST:PORT]",
        help=f"A page for browsers, at {DEFAULT_PAGE} unless told; other addresses get a token.",
        rich_help_panel=_OUTPUTS,
    ),
]
JsonTarget = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|-|udp://…|tcp://…",
        help="Send each frame's poses as a line of JSON: to a file, the standard output, udp:// or tcp://HOST:PORT.",
        rich_help_panel=_OUTPUTS,
    ),
]
OscTarget = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Send OSC: an avatar by VMC, and joints.", rich_help_panel=_OUTPUTS),
]
Lsl = Annotated[bool, typer.Option("--lsl", help="Offer poses as lab streams (LSL).", rich_help_panel=_OUTPUTS)]
VirtualCamera = Annotated[
    bool, typer.Option("--virtual-camera", help="Show the view as a webcam, for calls.", rich_help_panel=_OUTPUTS)
]
RerunFile = Annotated[
    Path | None, typer.Option(metavar="FILE.rrd", help="Record for the rerun viewer.", rich_help_panel=_OUTPUTS)
]
FollowReference = Annotated[
    Path | None,
    typer.Option(
        "--follow",
        metavar="POSES.npz|CLIP",
        help="Show this motion beside and over the user's, with how alike they are.",
        rich_help_panel=_FOLLOW,
    ),
]
FollowTrack = Annotated[
    int | None,
    typer.Option(
        "--follow-track", metavar="N", help="Whom in it; left out, who is seen longest.", rich_help_panel=_FOLLOW
    ),
]
Size = Annotated[str, typer.Option(metavar="WxH", help="Size of the window, and of the video that is written.")]
Clip = Annotated[str, typer.Argument(metavar="CLIP", help="A video file, or a folder of pictures.")]
