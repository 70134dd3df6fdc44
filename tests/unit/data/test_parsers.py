"""Tests of clustrace.data.parsers on small files in the real formats."""

import gzip
import io

import numpy as np
import pytest
from scipy.io import savemat

from clustrace.data.parsers import PARSERS, parse, read_npz
from clustrace.errors import DataError

IMAGES = np.arange(5 * 3 * 2, dtype=np.uint8).reshape(5, 3, 2)
LABELS = np.array([4, 0, 3, 1, 2], dtype=np.uint8)


def idx(array):
    sizes = b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_idx(folder, compress=lambda content: content):
    arrays = {
        "train-images": IMAGES[:3],
        "train-labels": LABELS[:3],
        "test-images": IMAGES[3:],
        "test-labels": LABELS[3:],
    }
    files = {}
    for role, array in arrays.items():
        files[role] = folder / role
        files[role].write_bytes(compress(idx(array)))
    return files


@pytest.mark.parametrize("compress", [gzip.compress, bytes])
def test_idx(tmp_path, compress):
    samples = parse("idx", write_idx(tmp_path, compress))
    np.testing.assert_array_equal(samples.x, IMAGES)
    np.testing.assert_array_equal(samples.y, LABELS)
    assert (samples.x.dtype, samples.y.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(idx(IMAGES[:3]), mtime=0)[:-12], "truncated or corrupt gzip"),
        (b"\x1f\x8bno gzip at all", "truncated or corrupt gzip"),
        (idx(IMAGES[:3])[:-1], "17 bytes of data for the shape"),
        (idx(IMAGES[:3]) + b"!", "19 bytes of data for the shape"),
        (idx(IMAGES[:3])[:9], "ends inside its header"),
        (b"", "no IDX file"),
        (b"<html>not found</html>", "no IDX file"),
        (idx(IMAGES[:2]), "2 labels|4 samples"),
        (idx(IMAGES[:3, :, :1].copy()), "do not fit together"),
    ],
)
def test_corrupt_idx(tmp_path, content, reason):
    files = write_idx(tmp_path)
    files["train-images"].write_bytes(content)
    with pytest.raises(DataError, match=reason):
        parse("idx", files)


def write_usps(folder, lines):
    files = {}
    for role, part in (("train", lines[:2]), ("test", lines[2:])):
        files[role] = folder / f"zip.{role}.gz"
        files[role].write_bytes(gzip.compress("".join(part).encode()))
    return files


def usps_lines(values, digits):
    # zip.train ends its lines with a blank and writes digits as 6.0000; zip.test does not.
    rows = [" ".join(f"{value:.4f}" for value in row) for row in values]
    return [
        f"{digits[0]:.4f} {rows[0]} \n",
        f"{digits[1]:.4f} {rows[1]} \n",
        f"{digits[2]} {rows[2]}\n",
    ]


def test_usps_zip(tmp_path):
    values = np.round(np.random.default_rng(0).uniform(-1, 1, (3, 256)), 3)
    samples = parse("usps-zip", write_usps(tmp_path, usps_lines(values, [6, 5, 9])))
    np.testing.assert_array_equal(samples.x, values.astype(np.float32).reshape(3, 16, 16))
    assert samples.x.dtype == np.float32
    assert samples.y.tolist() == [6, 5, 9]


def test_usps_zip_cut_inside_a_line(tmp_path):
    lines = usps_lines(np.zeros((3, 256)), [6, 5, 9])
    with pytest.raises(DataError, match="truncated"):
        parse("usps-zip", write_usps(tmp_path, [lines[0], lines[1][:100], lines[2]]))
    with pytest.raises(DataError, match="columns instead of 257"):
        parse("usps-zip", write_usps(tmp_path, [lines[0], lines[1], lines[2][:100] + "\n"]))


PEN = np.random.default_rng(0).integers(0, 101, (4, 16))
PEN_LABELS = [8, 2, 1, 4]


def write_pendigits(folder):
    lines = [
        ",".join(f"{value:3d}" for value in row) + f",{label:2d}\n"
        for row, label in zip(PEN, PEN_LABELS, strict=True)
    ]
    files = {"train": folder / "pendigits.tra", "test": folder / "pendigits.tes"}
    files["train"].write_text("".join(lines[:3]))
    files["test"].write_text(lines[3])
    return files


def test_pendigits(tmp_path):
    samples = parse("pendigits", write_pendigits(tmp_path))
    np.testing.assert_array_equal(samples.x, PEN)
    assert samples.x.dtype == np.uint8
    assert samples.y.tolist() == PEN_LABELS


@pytest.mark.parametrize("value", ["-1", "256", "3.5", "nan"])
def test_pendigits_with_other_values(tmp_path, value):
    files = write_pendigits(tmp_path)
    files["test"].write_text(",".join([value] + ["0"] * 16) + "\n")
    with pytest.raises(DataError, match="no integers from 0 to 255"):
        parse("pendigits", files)


def test_keel_with_and_without_header(tmp_path):
    rows = "".join(
        ", ".join(map(str, [*row, label])) + "\n"
        for row, label in zip(PEN, PEN_LABELS, strict=True)
    )
    for header in ("", "@relation penbased\n@attribute At1 integer [0, 100]\n@data\n"):
        (tmp_path / "penbased.dat").write_text(header + rows)
        samples = parse("keel", {"table": tmp_path / "penbased.dat"})
        np.testing.assert_array_equal(samples.x, PEN)
        assert samples.y.tolist() == PEN_LABELS


@pytest.mark.parametrize("content", ["", "@data\n", "1, 2, x\n", "<html>\n"])
def test_corrupt_keel(tmp_path, content):
    (tmp_path / "penbased.dat").write_text(content)
    with pytest.raises(DataError, match="no table of numbers"):
        parse("keel", {"table": tmp_path / "penbased.dat"})


def test_unknown_parser_and_wrong_roles(tmp_path):
    with pytest.raises(DataError, match="no parser 'png'; known: 20news-bydate, amat"):
        parse("png", {})
    with pytest.raises(DataError, match="needs the files train, test"):
        parse("usps-zip", {"train": tmp_path})
    formats = {"idx", "usps-zip", "pendigits", "keel", "20news-bydate", "rcv1"}
    formats |= {"amat", "norb", "stl-10", "ufldl-stl", "cifar-10", "semeion", "square-faces"}
    assert formats == set(PARSERS)


def test_npz_parts(tmp_path):
    split = np.array([0, 0, 0, 1, 1], dtype=np.int8)
    np.savez_compressed(tmp_path / "a.npz", x=IMAGES, y=LABELS, split=split)
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz").x, IMAGES)
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", "train").x, IMAGES[:3])
    assert read_npz(tmp_path / "a.npz", "test").y.tolist() == [1, 2]


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        npz(x=IMAGES, y=LABELS)[:-40],
        npz(x=IMAGES, y=LABELS)[:60] + b"!!!!" + npz(x=IMAGES, y=LABELS)[64:],
        npz(x=IMAGES),
        npz(x=np.array([{}], dtype=object), y=LABELS),
    ],
)
def test_corrupt_npz(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz is"):
        read_npz(tmp_path / "a.npz")


def test_npz_without_parts(tmp_path):
    (tmp_path / "a.npz").write_bytes(npz(x=IMAGES, y=LABELS))
    with pytest.raises(DataError, match="split"):
        read_npz(tmp_path / "a.npz", "test")


def test_semeion(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 2, (3, 256))
    digits = np.eye(10, dtype=int)[[7, 0, 9]]
    lines = [
        " ".join([*(f"{p:.4f}" for p in row), *map(str, digit)]) + " \r\n"
        for row, digit in zip(pixels, digits, strict=True)
    ]
    path = tmp_path / "semeion.data"
    path.write_bytes("".join(lines).encode())
    samples = parse("semeion", {"table": path})
    np.testing.assert_array_equal(samples.x, pixels.reshape(3, 16, 16))
    np.testing.assert_array_equal(samples.y, [7, 0, 9])
    assert samples.x.dtype == np.uint8
    path.write_text(lines[0].replace(" 1 ", " 0 "))
    with pytest.raises(DataError, match=r"semeion\.data has lines with no digit or several"):
        parse("semeion", {"table": path})


def test_square_faces(tmp_path):
    images = np.arange(4 * 9).reshape(4, 3, 3)
    by_column = images.transpose(0, 2, 1).reshape(4, 9).astype(float)
    path = tmp_path / "faces.mat"
    savemat(path, {"fea": by_column, "gnd": np.array([[1], [1], [2], [3]])})
    samples = parse("square-faces", {"matrix": path})
    np.testing.assert_array_equal(samples.x, images)
    np.testing.assert_array_equal(samples.y, [0, 0, 1, 2])
    savemat(path, {"fea": by_column[:, :8], "gnd": np.ones((4, 1))})
    with pytest.raises(DataError, match=r"images of shape \(8,\), which are no squares"):
        parse("square-faces", {"matrix": path})


@pytest.mark.parametrize("content", [b"", b"no matrix", b"MATLAB 5.0 MAT-file" + bytes(200)])
def test_corrupt_square_faces(tmp_path, content):
    path = tmp_path / "faces.mat"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"faces\.mat is no MATLAB file with fea and gnd"):
        parse("square-faces", {"matrix": path})
