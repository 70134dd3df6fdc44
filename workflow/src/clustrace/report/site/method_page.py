"""What the page of a method shows: its objective, parameters with sources, curves and cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from clustrace.config.base import ParameterValue
from clustrace.config.methods import Method, Parameter
from clustrace.report.curves import Curve
from clustrace.report.drawn_curves import drawn_curves
from clustrace.report.site.charts import Chart, chart
from clustrace.report.site.content import Content
from clustrace.report.site.equations import mathml
from clustrace.report.site.links import Cell


@dataclass(frozen=True)
class Value:
    """A hyper-parameter's value with the place that it comes from."""

    name: str
    datasets: str
    """Data set that it holds for; empty: all that have no value of their own."""
    value: str
    source: str
    changed: bool = False
    """Whether the protocol of the site changes it."""


@dataclass(frozen=True)
class MethodPage:
    """Everything that the page of a method shows."""

    method: Method
    equation: Markup
    starts_from: Method | None
    used_by: tuple[Method, ...]
    parameters: tuple[Value, ...]
    charts: tuple[Chart, ...]
    cells: tuple[Cell, ...]


#: Curves of the trainings of a method, by its slug.
Curves = Mapping[str, Sequence[Curve]]


def curves_of(content: Content) -> Curves:
    """Curves of all trainings of the papers shown, each once, by method."""
    found: dict[str, dict[tuple[str, str], Curve]] = {}
    for shown in content.papers:
        for part in drawn_curves(content.plan, shown.paper):
            if part.shown is not None:
                found.setdefault(part.row, {}).setdefault((part.column, part.array), part.shown)
    return {method: tuple(curves.values()) for method, curves in found.items()}


def method_page(
    content: Content,
    method: Method,
    methods: Mapping[str, Method],
    curves: Curves,
    cells: Sequence[Cell],
) -> MethodPage:
    """Collect what the page of a method shows.

    Args:
        content: what the site shows.
        method: the method.
        methods: all methods that have a page.
        curves: learning curves by method.
        cells: all cells of the site.
    """
    return MethodPage(
        method=method,
        equation=mathml(method.equation) if method.equation else Markup(""),
        starts_from=methods.get(method.starts_from or ""),
        used_by=tuple(m for m in methods.values() if m.starts_from == method.slug),
        parameters=tuple(_values(content, method)),
        charts=tuple(_charts(curves.get(method.slug, ()))),
        cells=tuple(cell for cell in cells if cell.method == method.slug),
    )


def _values(content: Content, method: Method) -> Iterator[Value]:
    if method.starts_from is None:
        yield from _of_parameter("input_scale", method.input_scale)
    overrides = content.experiment.protocol.overrides.get(method.slug, {})
    protocol = content.experiment.protocol.slug
    for name, parameter in method.parameters.items():
        yield from _of_parameter(name, parameter)
        if name in overrides:
            changed = overrides[name]
            source = f"config/protocols/{protocol}.yaml, in place of the value above"
            by_dataset = changed if isinstance(changed, dict) else {"": changed}
            for dataset, value in by_dataset.items():
                yield Value(name, dataset, _text(value), source, changed=True)


def _of_parameter(name: str, parameter: Parameter) -> Iterator[Value]:
    yield Value(name, "", _text(parameter.value), parameter.source)
    for dataset, override in parameter.datasets.items():
        yield Value(name, dataset, _text(override.value), override.source)


def _text(value: ParameterValue) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _charts(curves: Sequence[Curve]) -> Iterator[Chart]:
    """A chart for each data set and quantity."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.dataset, curve.quantity), []).append(curve)
    for (dataset, _), shown in groups.items():
        if drawn := chart(f"{dataset}, seed {shown[0].seed}", shown):
            yield drawn
