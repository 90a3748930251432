from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from pose.types import People
from stream.outputs.address import parse_address
from stream.outputs.json_lines import FileLines, TcpLines, UdpLines, encode, json_output
from stream.outputs.output import OutputError
from tests.stream.outputs.results import result


def _people(count: int) -> People:
    rng = np.random.default_rng(count)
    return People(
        track_id=np.arange(1, count + 1, dtype=np.int32),
        xy_px=rng.uniform(0, 60, (count, 18, 2)).astype(np.float32),
        score=rng.uniform(0.1, 1, (count, 18)).astype(np.float32),
        raw_xy_px=np.zeros((count, 18, 2), np.float32),
        xyz_m=rng.normal(size=(count, 17, 3)).astype(np.float32),
        root_m=np.full((count, 3), 3, np.float32),
        valid=np.ones((count, 17), bool),
    )


def test_a_line_holds_the_poses_it_was_made_of() -> None:
    people = _people(2)
    people.score[0, 3] = 0
    people.xyz_m[1, 4] = np.nan
    read = json.loads(encode(result(9, people)))
    assert (read["frame_index"], read["time_s"]) == (9, 0.3)
    assert read["people"][0]["xy_px"][3] is None
    assert read["people"][1]["xyz_m"][4] == [None, None, None]
    np.testing.assert_allclose(read["people"][0]["xyz_m"], people.xyz_m[0], atol=1e-5)
    np.testing.assert_allclose(read["people"][1]["xy_px"], people.xy_px[1], atol=1e-3)


def test_a_file_holds_whole_lines_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "new" / "poses.jsonl"
    output = FileLines(path)
    output.open()
    for index in range(3):
        output.send(result(index, _people(index)))
        lines = path.read_text().splitlines()
        assert [len(json.loads(line)["people"]) for line in lines] == list(range(index + 1))
    output.close()
    output.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_is_one_line() -> None:
    output = FileLines(Path("/dev/full"))
    output.open()
    with pytest.raises(OutputError, match="No space left") as caught:
        output.send(result())
    assert not caught.value.retry
    output.close()


def test_a_reader_that_leaves_is_one_line(tmp_path: Path) -> None:
    code = """
    import sys
    from stream.outputs.json_lines import json_output
    from stream.outputs.output import OutputError
    from tests.stream.outputs.results import result
    output = json_output("-")
    output.open()
    try:
        for index in range(100_000):
            output.send(result(index))
    except OutputError as error:
        print(error, file=sys.stderr)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert json.loads(child.stdout.readline())["frame_index"] == 0
        child.stdout.close()
        assert "nobody reads it any more" in child.stderr.read()


def test_udp_datagrams_arrive_and_need_no_listener() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        output = UdpLines("127.0.0.1", receiver.getsockname()[1])
        output.open()
        output.send(result(4, _people(3)))
        assert len(json.loads(receiver.recv(65_536))["people"]) == 3
    for _ in range(3):
        output.send(result(5))  # nobody listens any more: no error
    with pytest.raises(OutputError, match="do not fit into a datagram"):
        output.send(result(6, _people(200)))
    output.close()


def test_tcp_lines_arrive_and_a_server_that_goes_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        output = TcpLines("127.0.0.1", port)
        output.open()
        connection, _ = server.accept()
        output.send(result(1, _people(1)))
        with connection, connection.makefile("r") as lines:
            assert json.loads(lines.readline())["frame_index"] == 1
    with pytest.raises(OutputError) as caught:
        _send_many(output)
    assert caught.value.retry
    output.close()
    with pytest.raises(OutputError, match="refused") as caught:
        output.open()
    assert caught.value.retry


def _send_many(output: TcpLines) -> None:
    for _ in range(100):  # the system takes some before it learns that nobody is there
        output.send(result(2))


@pytest.mark.parametrize("address", ["", "localhost", "localhost:", ":80", "a:0", "a:65536", "a:b", "a:-1"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(OutputError, match="write HOST:PORT"):
        parse_address(address, "--osc")


def test_targets(tmp_path: Path) -> None:
    assert json_output("-").name == "JSON to the standard output"
    assert json_output(str(tmp_path / "a.jsonl")).name.endswith("a.jsonl")
    with pytest.raises(OutputError, match="'http' is no way to send"):
        json_output("http://localhost:1")
    with pytest.raises(OutputError, match="cannot be written"):
        json_output(os.devnull + "/a").open()
