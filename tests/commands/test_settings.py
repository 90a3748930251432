from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.options import parse_size
from commands.settings import SettingsError, as_toml, read_settings
from main import app

KNOWN = {"live": frozenset({"source", "net_size", "mirror"}), "file": frozenset({"clip", "net_size"})}
runner = CliRunner()


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_key_at_the_top_holds_wherever_it_is_known(tmp_path: Path) -> None:
    settings = read_settings(_write(tmp_path, 'net-size = 320\nsource = "1"\n[file]\nnet_size = 368\n'), KNOWN)
    assert settings == {"live": {"net_size": 320, "source": "1"}, "file": {"net_size": 368}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("net_sise = 3", "unknown key 'net_sise'; the nearest known one is 'net_size'"),
        ("[live]\nclip = 'x'", r"unknown key \[live\] 'clip'"),
        ("[lve]\nsource = '0'", "unknown key 'lve'; the nearest known one is 'live'"),
        ("net_size = ", "is no valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line_with_a_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(_write(tmp_path, text), KNOWN)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the settings"):
        read_settings(tmp_path / "none.toml", KNOWN)


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    path = _write(tmp_path, 'smoothing = 0.25\n[live]\nsource = "2"\nnet_size = 320\n')
    for arguments in (["--config", str(path), "live"], ["live", "--config", str(path)]):
        result = runner.invoke(app, [*arguments, "--net-size", "192", "--print-config"])
        assert result.exit_code == 0, result.output
        lines = result.output.splitlines()
        assert 'source = "2"' in lines
        assert "net_size = 192" in lines
        assert "smoothing = 0.25" in lines
        assert 'size = "1280x720"' in lines


def test_printed_settings_can_be_read_again(tmp_path: Path) -> None:
    printed = runner.invoke(app, ["live", "--source", 'a "quoted" name', "--no-mirror", "--print-config"]).output
    again = runner.invoke(app, ["live", "--config", str(_write(tmp_path, printed)), "--print-config"])
    assert again.output == printed
    assert "mirror = false" in printed


def test_values_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    result = runner.invoke(app, ["live", "--config", str(_write(tmp_path, 'net_size = "large"')), "--print-config"])
    assert result.exit_code == 2


def test_values_become_toml() -> None:
    text = as_toml(
        {"source": 'a"b\\c', "net_size": 256, "mirror": None, "display": True, "fov": 60.0, "out": Path("x")}
    )
    assert text == 'source = "a\\"b\\\\c"\nnet_size = 256\ndisplay = true\nfov = 60.0\nout = "x"'


@pytest.mark.parametrize("text", ["", "1280", "x720", "1280x", "axb", "1x1", "99999x720", "-640x480", "640 x"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|range"):
        parse_size(text)


def test_a_wrong_size_is_wrong_usage() -> None:
    result = runner.invoke(app, ["live", "--size", "big"])
    assert result.exit_code == 2
    assert "1280x720" in result.output
