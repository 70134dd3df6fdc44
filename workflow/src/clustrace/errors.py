"""The project's exceptions.

Each message is one sentence (or a short list) that names the cause and the next step;
the command line and the workflow scripts print it as it is, without a traceback.
"""


class ClustraceError(Exception):
    """Base class of every error that a user can act on."""


class ConfigError(ClustraceError):
    """A configuration file or a ``--config`` value is not usable."""


class DataError(ClustraceError):
    """A data set is corrupt, has the wrong content or cannot be used as it is."""


class UnreachableError(DataError):
    """No source of a data set could be reached or gave the right content."""


class StorageError(ClustraceError):
    """A file could not be written or read (disk full, no permission, not an artefact)."""


class CheckpointError(ClustraceError):
    """A checkpoint belongs to other code, parameters or inputs than the run at hand."""


class StoppedError(ClustraceError):
    """A job was asked to end before it was done; its checkpoint is kept."""


class DivergedError(ClustraceError):
    """Training produced a loss that is not finite."""


class NotApplicableError(ClustraceError, ValueError):
    """A method cannot be applied to this data (fewer samples than clusters, NaN, …)."""
