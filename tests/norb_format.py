"""Matrices as the files of small NORB store them."""

import struct

import numpy as np

BYTES, INTEGERS = 0x1E3D4C55, 0x1E3D4C54


def norb_bytes(array: np.ndarray, magic: int) -> bytes:
    """An array after its header: magic number, dimensions, and at least three sizes."""
    sizes = [*array.shape, *[1] * (3 - array.ndim)]
    header = struct.pack(f"<2i{len(sizes)}i", magic, array.ndim, *sizes)
    return header + array.astype(array.dtype.newbyteorder("<")).tobytes()
