from __future__ import annotations

from pathlib import Path

import pytest

from pose.files import written_beside


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
