"""Explanations as Mermaid and Graphviz graphs."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from tests.results_tree import Tree

from clustrace.provenance.explain import explain
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.lineage import NodeStatus
from clustrace.provenance.lineage_graph import Graph, GraphNode, dot, graph_of, mermaid
from clustrace.provenance.numbers import Ledgers

AWKWARD = Graph(
    (
        GraphNode("a", ('say "a" & <b>', "c\\d"), "file", NodeStatus.CHANGED),
        GraphNode("b", ("b",), "number", NodeStatus.OK),
    ),
    (("a", "b"),),
)


@pytest.fixture
def graph(seeded: Tree) -> Graph:
    number = Ledgers.below(seeded.root).find("paper.t.dec.c.acc")
    return graph_of(explain(number, seeded.root, HashCache(None)))


def test_every_file_and_job_is_one_node(graph: Graph) -> None:
    kinds = [node.kind for node in graph.nodes]
    assert (kinds.count("number"), kinds.count("job"), kinds.count("file")) == (1, 5, 8)
    assert len({node.key for node in graph.nodes}) == len(graph.nodes)


def test_edges_lead_from_the_data_to_the_number(graph: Graph) -> None:
    effects: dict[str, list[str]] = {}
    for cause, effect in graph.edges:
        effects.setdefault(cause, []).append(effect)
    raw = next(node.key for node in graph.nodes if node.key.startswith("data/raw@"))
    reached, pending = set(), [raw]
    while pending:
        node = pending.pop()
        reached.add(node)
        pending += effects.get(node, [])
    assert reached == {node.key for node in graph.nodes}


def test_mermaid_has_every_node_edge_and_status(graph: Graph) -> None:
    text = mermaid(graph)
    assert text.startswith("flowchart LR\n")
    assert len(re.findall(r"<br>ok\"", text)) == len(graph.nodes)
    assert text.count(" --> ") == len(graph.edges)


def test_mermaid_escapes_what_would_end_a_label() -> None:
    assert '    n0["say &quot;a&quot; &amp; &lt;b><br>c\\d<br>changed"]:::changed' in mermaid(
        AWKWARD
    )


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it(graph: Graph) -> None:
    for each in (graph, AWKWARD):
        subprocess.run(["dot", "-Tsvg"], input=dot(each).encode(), check=True, capture_output=True)


def test_dot_has_every_node_edge_and_status(graph: Graph) -> None:
    text = dot(graph)
    assert text.count("[shape=") == len(graph.nodes)
    assert text.count(" -> ") == len(graph.edges)
    assert r'label="say \"a\" & <b>\nc\\d\nchanged", style=bold' in dot(AWKWARD)
