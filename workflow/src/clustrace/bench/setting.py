"""What a section is given to measure with."""

from __future__ import annotations

from dataclasses import dataclass

from clustrace.config.experiment import Experiment
from clustrace.provenance.environment import describe_processor


@dataclass(frozen=True)
class Setting:
    """What a section is given.

    Attributes:
        experiment: the configuration, for paths and data sets.
        quick: measure as little as shows that everything works.
    """

    experiment: Experiment
    quick: bool

    def repeats(self, full: int) -> int:
        """Turns of a measurement that takes ``full`` of them when it counts."""
        return 1 if self.quick else full

    @property
    def threads(self) -> tuple[int, ...]:
        """Numbers of threads to measure with; never more than there are cores."""
        return tuple(n for n in (1, 2) if n <= describe_processor().usable_cores)
