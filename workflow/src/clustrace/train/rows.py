"""Samples on a device: dense ones as a tensor, sparse ones as rows, dense by the batch alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

#: What an estimator is fitted to: rows or images, or a sparse matrix of rows.
Samples = np.ndarray | scipy.sparse.csr_matrix


class SparseRows:
    """Rows of a sparse matrix on a device.

    Indexing with row numbers gives a dense batch; the whole is never made dense.

    Args:
        matrix: samples, ``[n, n_features]``; entries given twice are added up.
        device: where the entries and the batches lie.
    """

    def __init__(self, matrix: scipy.sparse.csr_matrix, device: str | torch.device = "cpu") -> None:
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        self.shape: tuple[int, int] = matrix.shape
        self.device = torch.device(device)
        self._starts = self._moved(matrix.indptr, np.int64)
        self._columns = self._moved(matrix.indices, np.int32)
        self._values = self._moved(matrix.data, np.float32)

    def __len__(self) -> int:
        """Number of samples."""
        return self.shape[0]

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Dense float32 batch ``[batch, n_features]`` of the rows with these numbers."""
        starts = self._starts[rows]
        counts = self._starts[rows + 1] - starts
        ends = counts.cumsum(0)
        total = int(ends[-1]) if len(rows) else 0
        # Place of each entry of the batch among all entries, and in the flat batch.
        places = torch.arange(total, device=self.device)
        places += torch.repeat_interleave(starts - ends + counts, counts, output_size=total)
        rows_of_batch = torch.arange(len(rows), device=self.device) * self.shape[1]
        targets = torch.repeat_interleave(rows_of_batch, counts, output_size=total)
        targets += self._columns[places]
        batch = torch.zeros(len(rows) * self.shape[1], device=self.device)
        batch[targets] = self._values[places]
        return batch.view(len(rows), self.shape[1])

    def _moved(self, array: np.ndarray, dtype: type[np.generic]) -> Tensor:
        # A copy, as torch takes no memory that it may not write to.
        return torch.from_numpy(np.array(array, dtype=dtype)).to(self.device)


#: All samples of a training, indexed by row numbers.
Rows = Tensor | SparseRows


def chunks(data: Rows, size: int) -> Iterator[Tensor]:
    """The samples in their order, ``size`` of them at a time, dense."""
    if isinstance(data, Tensor):
        yield from torch.split(data, size)
        return
    for start in range(0, len(data), size):
        yield data[torch.arange(start, min(start + size, len(data)), device=data.device)]
