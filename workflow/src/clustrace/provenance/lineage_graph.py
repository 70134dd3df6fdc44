"""The causes of a number as a graph, for Mermaid and for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from clustrace.provenance.explanation import Explanation, FileNode
from clustrace.provenance.lineage import NodeStatus

_SHORT = 8


@dataclass(frozen=True)
class GraphNode:
    """A node: its key, what is written in it (line by line), its kind and status."""

    key: str
    lines: tuple[str, ...]
    kind: Literal["number", "job", "file"]
    status: NodeStatus


@dataclass(frozen=True)
class Graph:
    """Nodes, and edges from causes to what they cause, by the keys of the nodes."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[tuple[str, str], ...]


def graph_of(explanation: Explanation) -> Graph:
    """Files, jobs and numbers behind a number."""
    number = explanation.address
    shown = explanation.row.printed or explanation.row.content_sha256[:_SHORT]
    nodes = {number: GraphNode(number, (number, shown), "number", explanation.status)}
    edges: dict[tuple[str, str], None] = {}
    for member in explanation.members:
        lines = (member.address, member.printed)
        nodes[member.address] = GraphNode(member.address, lines, "number", member.status)
        edges[(member.address, number)] = None
    for run in explanation.runs:
        edges[(_key(run.file), number)] = None
    for job in explanation.jobs:
        lines = (" ".join((job.rule, *job.wildcards.values())), job.record_sha256[:_SHORT])
        nodes[job.id] = GraphNode(job.id, lines, "job", job.status)
        edges |= dict.fromkeys((_key(file), job.id) for file in job.inputs)
        edges |= dict.fromkeys((job.id, _key(file)) for file in job.outputs)
    for file in _files(explanation):
        lines = (file.path, file.sha256[:_SHORT])
        nodes.setdefault(_key(file), GraphNode(_key(file), lines, "file", file.status))
    return Graph(tuple(nodes.values()), tuple(edges))


def _files(explanation: Explanation) -> Iterable[FileNode]:
    for job in explanation.jobs:
        yield from job.outputs
        yield from job.inputs
    yield from (run.file for run in explanation.runs)


def _key(file: FileNode) -> str:
    return f"{file.path}@{file.sha256}"


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart; the status stands in every node, colours only repeat it."""
    names = {node.key: f"n{index}" for index, node in enumerate(graph.nodes)}
    brackets = {"number": ("([", "])"), "job": ("[[", "]]"), "file": ("[", "]")}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        before, after = brackets[node.kind]
        text = "<br>".join(_escaped(line) for line in (*node.lines, node.status.value) if line)
        style = f":::{node.status.name.lower()}"
        lines.append(f'    {names[node.key]}{before}"{text}"{after}{style}')
    lines += [f"    {names[cause]} --> {names[effect]}" for cause, effect in graph.edges]
    lines += [
        "    classDef changed stroke:#b00,stroke-width:3px",
        "    classDef missing stroke:#b00,stroke-dasharray:4",
        "    classDef attested stroke:#a60",
        "    classDef older_code stroke:#a60,stroke-width:3px",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def dot(graph: Graph) -> str:
    """The graph in Graphviz's language; the status stands in every node."""
    names = {node.key: f"n{index}" for index, node in enumerate(graph.nodes)}
    shapes = {"number": "ellipse", "job": "component", "file": "note"}
    lines = ["digraph lineage {", "    rankdir=LR;", '    node [fontname="sans-serif"];']
    for node in graph.nodes:
        text = "\\n".join(_quoted(line) for line in (*node.lines, node.status.value) if line)
        style = "" if node.status is NodeStatus.OK else ", style=bold, color=firebrick"
        lines.append(f'    {names[node.key]} [shape={shapes[node.kind]}, label="{text}"{style}];')
    lines += [f"    {names[cause]} -> {names[effect]};" for cause, effect in graph.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
