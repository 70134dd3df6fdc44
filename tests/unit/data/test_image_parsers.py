"""Tests of the parsers of small NORB, STL-10, CIFAR-10 and .amat on files in the real formats."""

import gzip
import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import scipy.io
from tests.norb_format import norb_bytes

from clustrace.data.norb import read_matrix
from clustrace.data.parsers import parse
from clustrace.errors import DataError

RANDOM = np.random.RandomState(0)


def norb_files(folder, *, compress=True, **changes):
    arrays = {
        "train-images": RANDOM.randint(256, size=(6, 2, 96, 96)).astype(np.uint8),
        "train-labels": np.array([0, 1, 2, 3, 4, 0], np.int32),
        "test-images": RANDOM.randint(256, size=(4, 2, 96, 96)).astype(np.uint8),
        "test-labels": np.array([4, 3, 2, 1], np.int32),
    }
    files = {}
    for role, array in arrays.items():
        magic = 0x1E3D4C55 if role.endswith("images") else 0x1E3D4C54
        data = changes.get(role) or norb_bytes(array, magic)
        files[role] = folder / f"{role}.mat.gz"
        files[role].write_bytes(gzip.compress(data, 1) if compress else data)
    return files, arrays


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"folder/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return {"archive": path}


@pytest.mark.parametrize("compress", [True, False])
def test_norb_is_read_as_it_is_stored(tmp_path, compress):
    files, arrays = norb_files(tmp_path, compress=compress)
    samples = parse("norb", files)
    expected = np.concatenate([arrays["train-images"], arrays["test-images"]])
    np.testing.assert_array_equal(samples.x, expected)
    assert samples.y.tolist() == [0, 1, 2, 3, 4, 0, 4, 3, 2, 1]


LABELS = np.arange(6, dtype=np.int32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train-labels": norb_bytes(LABELS % 5, 0x1E3D4C55)}, "0x1E3D4C55 instead of 0x1E3D4C54"),
        ({"train-images": b"\x00\x00\x08\x03" + bytes(40)}, "instead of 0x1E3D4C55; it is no file"),
        ({"train-labels": norb_bytes(LABELS, 0x1E3D4C54)}, "labels other than 0 to 4"),
        ({"train-labels": norb_bytes(LABELS % 5, 0x1E3D4C54)[:-1]}, "23 bytes of data for"),
        ({"test-images": struct.pack("<3i", 0x1E3D4C55, 4, 6)}, "ends inside its header"),
        ({"test-images": b"\x55"}, "ends inside its header"),
        ({"test-labels": norb_bytes(LABELS % 5, 0x1E3D4C54)}, "do not fit together"),
    ],
)
def test_norb_with_other_content_is_refused(tmp_path, changes, message):
    files, _ = norb_files(tmp_path, **changes)
    with pytest.raises(DataError, match=message):
        parse("norb", files)


def test_truncated_gzip_of_norb_is_refused(tmp_path):
    files, _ = norb_files(tmp_path)
    path = files["train-images"]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="truncated or corrupt gzip"):
        parse("norb", files)


def test_other_types_of_norb_are_read(tmp_path):
    values = np.array([[1.5, -2.0]])
    path = tmp_path / "values"
    path.write_bytes(norb_bytes(values, 0x1E3D4C53))
    np.testing.assert_array_equal(read_matrix(path, 0x1E3D4C53), values)


def cifar_batches(**changes):
    names = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]
    batches = {}
    for name in names:
        records = RANDOM.randint(256, size=(3, 3073)).astype(np.uint8)
        records[:, 0] %= 10
        batches[name] = records.tobytes()
    return batches | changes


def test_cifar_is_read_with_channels_last(tmp_path):
    batches = cifar_batches()
    samples = parse("cifar-10", archive(tmp_path / "c.tar.gz", {"readme.html": b"", **batches}))
    assert (samples.x.shape, samples.x.dtype) == ((18, 32, 32, 3), np.uint8)
    last = np.frombuffer(batches["test_batch.bin"], np.uint8).reshape(3, 3073)[-1]
    assert samples.y[-1] == last[0]
    row, column, channel = 5, 7, 2
    assert samples.x[-1, row, column, channel] == last[1 + channel * 1024 + row * 32 + column]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_batch_2.bin": bytes(3072)}, "data_batch_2.bin is truncated: 3072 bytes"),
        ({"test_batch.bin": b""}, "test_batch.bin is truncated"),
        ({"data_batch_1.bin": b"\x0a" + bytes(3072)}, "labels other than 0 to 9"),
    ],
)
def test_cifar_with_other_content_is_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        parse("cifar-10", archive(tmp_path / "c.tar.gz", cifar_batches(**changes)))


def stl_files(**changes):
    files = {}
    for part, labels in (("train", [1, 2, 3, 4, 6, 10]), ("test", [6, 4, 3, 1])):
        images = RANDOM.randint(256, size=(len(labels), 3, 96, 96)).astype(np.uint8)
        images[:, :, :48] = 0  # the left half, as images are stored column after column
        files[f"{part}_X.bin"] = images.tobytes()
        files[f"{part}_y.bin"] = bytes(labels)
    return files | changes


def test_four_classes_of_stl_are_reduced_and_upright(tmp_path):
    samples = parse("stl-10", archive(tmp_path / "s.tar.gz", stl_files()))
    assert (samples.x.shape, samples.x.dtype) == ((8, 64, 64, 3), np.uint8)
    assert samples.y.tolist() == [0, 1, 2, 3, 3, 2, 1, 0]
    assert not samples.x[:, :, :30].any() and samples.x[:, :, 34:].mean() > 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_X.bin": bytes(100)}, "train_X.bin is truncated: 100 bytes of images for 6"),
        ({"test_y.bin": bytes([0, 1, 2, 3])}, "labels other than 1 to 10"),
        ({"test_y.bin": b""}, "truncated"),
    ],
)
def test_stl_with_other_content_is_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        parse("stl-10", archive(tmp_path / "s.tar.gz", stl_files(**changes)))


def test_truncated_and_incomplete_archives_are_refused(tmp_path):
    files = stl_files()
    whole = archive(tmp_path / "s.tar.gz", files)
    path = whole["archive"]
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="truncated or corrupt"):
        parse("stl-10", whole)
    del files["test_y.bin"]
    with pytest.raises(DataError, match=r"lacks test_y\.bin"):
        parse("stl-10", archive(path, files))


def ufldl_archive(path, *, cut=None, **changes):
    with zipfile.ZipFile(path, "w") as target:
        for part, n in (("train", 5), ("test", 3)):
            arrays = {
                f"{part}Images": RANDOM.rand(64, 64, 3, n),
                f"{part}Labels": (np.arange(n)[:, None] % 4 + 1).astype(float),
            }
            buffer = io.BytesIO()
            scipy.io.savemat(buffer, {**arrays, **changes}, do_compression=True)
            target.writestr(f"stl{part.capitalize()}Subset.mat", buffer.getvalue()[:cut])
    return {"archive": path}


def test_the_subset_of_ufldl_is_read(tmp_path):
    samples = parse("ufldl-stl", ufldl_archive(tmp_path / "stlSubset.zip"))
    assert (samples.x.shape, samples.x.dtype) == ((8, 64, 64, 3), np.uint8)
    assert samples.y.tolist() == [0, 1, 2, 3, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cut": 3000}, "stlTrainSubset.mat is truncated or no MATLAB file"),
        ({"trainLabels": np.full((5, 1), 5.0)}, "labels other than 1 to 4"),
        ({"trainLabels": np.ones((4, 1))}, "for 4 labels"),
        ({"trainImages": np.full((64, 64, 3, 5), 2.0)}, r"outside \[0, 1\]"),
    ],
)
def test_a_subset_with_other_content_is_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        parse("ufldl-stl", ufldl_archive(tmp_path / "stlSubset.zip", **changes))


def test_a_truncated_or_incomplete_zip_is_refused(tmp_path):
    files = ufldl_archive(tmp_path / "stlSubset.zip")
    path = files["archive"]
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="truncated or corrupt"):
        parse("ufldl-stl", files)
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("other.mat", b"")
    with pytest.raises(DataError, match="lacks"):
        parse("ufldl-stl", files)


def amat_archive(path, train, test, compression=zipfile.ZIP_STORED):
    name = "mnist_all_rotation_normalized_float"
    with zipfile.ZipFile(path, "w", compression) as target:
        for end, table in (("train_valid", train), ("test", test)):
            target.writestr(f"{name}_{end}.amat", table)
    return {"archive": path}


def amat(n, label=3, columns=784):
    line = "   " + "   ".join(f"{v:.6f}" for v in RANDOM.rand(columns))
    return "\n".join(f"{line}   {label:.6f}" for _ in range(n)) + "\n"


def test_amat_tables_are_images_and_digits(tmp_path):
    train, test = amat(3, 7), amat(2, 0)
    samples = parse("amat", amat_archive(tmp_path / "m.zip", train, test))
    assert (samples.x.shape, samples.x.dtype) == ((5, 28, 28), np.float32)
    assert samples.y.tolist() == [7, 7, 7, 0, 0]
    assert samples.x[0, 0, 1] == np.float32(train.split()[1])
    assert samples.x[-1, 27, 27] == np.float32(test.split()[-2])


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (amat(2)[:-3000], "no table of numbers or truncated"),
        (amat(2, columns=700), "instead of 785 columns"),
        (amat(2, label=11), "labels that are no digits"),
        ("", "instead of 785 columns"),
        (amat(1) + "x\n", "no table of numbers"),
    ],
)
def test_amat_with_other_content_is_refused(tmp_path, train, message):
    with pytest.raises(DataError, match=message):
        parse("amat", amat_archive(tmp_path / "m.zip", train, amat(1)))


def test_an_archive_without_tables_or_cut_off_is_refused(tmp_path):
    path = tmp_path / "m.zip"
    files = amat_archive(path, amat(1), amat(1))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="truncated or corrupt"):
        parse("amat", files)
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("readme.txt", "")
    with pytest.raises(DataError, match="has 0 files"):
        parse("amat", files)
