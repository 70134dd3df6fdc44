"""Sample images of a data set, where its features are on disk."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustrace.config.experiment import Experiment
from clustrace.data.artefact import read_artefact
from clustrace.data.features import features_of
from clustrace.errors import ClustraceError

_PER_CLASS = 10
_MOST_CLASSES = 12
_GAP = 2


@dataclass(frozen=True)
class Picture:
    """Sample images as a PNG, or the reason why there are none."""

    png: bytes = b""
    reason: str = ""


def sample_images(experiment: Experiment, dataset: str) -> Picture:
    """The first samples of each class, a row for each class.

    True labels order the rows; nothing learns from the picture.
    """
    declared = experiment.dataset(dataset)
    if not declared.image_shape:
        return Picture(reason="its samples are no images")
    features = experiment.layout.features(dataset, experiment.subset(dataset))
    labels = experiment.layout.truth(experiment.protocol.slug, dataset)
    if not features.exists():
        return Picture(
            reason=f"{features.as_posix()} is not on disk (`clustrace restore` or a run brings it)"
        )
    try:
        samples = np.asarray(features_of(read_artefact(features)))
        classes = read_artefact(labels).arrays["labels"]
    except (ClustraceError, KeyError) as error:
        return Picture(reason=str(error))
    if len(samples) != len(classes):
        return Picture(reason=f"{features.as_posix()} and {labels.as_posix()} differ in length")
    return Picture(_png(_sheet(samples.reshape(len(samples), *declared.image_shape), classes)))


def _sheet(images: NDArray[np.float32], classes: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Images in rows of one class each, uint8 ``[height, width]`` or with channels behind."""
    names = np.unique(classes)[:_MOST_CLASSES]
    height, width, *channels = images.shape[1:]
    shape = (len(names) * (height + _GAP), _PER_CLASS * (width + _GAP), *channels)
    sheet = np.full(shape, 255, np.uint8)
    for line, name in enumerate(names):
        for place, index in enumerate(np.flatnonzero(classes == name)[:_PER_CLASS]):
            top, left = line * (height + _GAP), place * (width + _GAP)
            pixels = np.clip(np.asarray(images[index]) * 255, 0, 255).round()
            sheet[top : top + height, left : left + width] = pixels.astype(np.uint8)
    return sheet


def _png(sheet: NDArray[np.uint8]) -> bytes:
    # Comes with matplotlib; no other page needs it.
    from PIL import Image

    if sheet.ndim == 3 and sheet.shape[2] == 1:
        sheet = sheet[:, :, 0]
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
