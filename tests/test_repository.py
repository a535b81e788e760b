"""The repository as git hands it out."""

import subprocess

import pytest
from book_fixtures import ROOT


def git(*arguments, folder=ROOT):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout.decode()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this copy has no history")
def test_a_checkout_on_windows_has_the_same_bytes(tmp_path):
    """Git for Windows is set to end lines with CR LF; checks that compare notebooks would call each of them changed."""
    folder = tmp_path / "windows"
    git("-c", "core.autocrlf=true", "clone", "-q", str(ROOT), str(folder))
    names = [name for name in git("ls-files", "-z", folder=folder).split("\0") if name]
    assert names
    stored = {name: git("show", f"HEAD:{name}", folder=folder) for name in names if not name.endswith(".png")}
    assert [n for n, text in stored.items() if (folder / n).read_bytes() != text.encode()] == []
