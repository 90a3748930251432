from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rerun

from pose.angles import ANGLE_NAMES, joint_angles
from pose.types import People
from stream.outputs.output import OutputError
from stream.outputs.rerun_file import RerunOutput
from tests.stream.outputs.results import result
from tests.stream.outputs.test_osc import _people


def test_rerun_reads_what_was_sent(tmp_path: Path) -> None:
    path, people = tmp_path / "new" / "session.rrd", _people(2)
    output = RerunOutput(path)
    output.open()
    for index in range(3):
        output.send(result(index, people if index < 2 else People.nobody()))
    output.close()
    recording = rerun.dataframe.load_recording(path)
    columns = {str(column) for column in recording.schema().component_columns()}
    assert any("camera/picture" in column for column in columns)
    view = recording.view(index="frame", contents="/world/people/2/**")
    table = view.select().read_all()
    places = next(name for name in table.column_names if "joints" in name and "Position3D" in name)
    assert table["frame"].to_pylist() == [0, 1]
    np.testing.assert_allclose(table[places].to_pylist()[0], people.xyz_m[1] + people.root_m[1], atol=1e-6)
    angle = recording.view(index="time", contents="/angles/1/left_knee_flexion").select().read_all()
    values = next(name for name in angle.column_names if "Scalar" in name)
    wanted = joint_angles(people.xyz_m, people.valid)[0, ANGLE_NAMES.index("left_knee_flexion")]
    assert angle[values].to_pylist()[0] == [pytest.approx(wanted)]


def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        RerunOutput(Path("/dev/null/a.rrd")).open()
