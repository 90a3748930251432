from __future__ import annotations

from pathlib import Path

import pytest

from pose.files import why_not_writable, written_beside


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.bin"
    with written_beside(path) as partial:
        partial.write_bytes(b"12")
        assert not path.exists()
    assert path.read_bytes() == b"12"

    def fail_halfway() -> None:
        with written_beside(path) as partial:
            partial.write_bytes(b"345")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_bytes() == b"12"
    assert [one.name for one in path.parent.iterdir()] == ["file.bin"]


def test_a_folder_that_cannot_be_written_is_known_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert why_not_writable(tmp_path / "file" / "out") == f"{tmp_path / 'file'} is a file"
    assert why_not_writable(tmp_path / "a" / "b") is None
    assert not (tmp_path / "a").exists()
