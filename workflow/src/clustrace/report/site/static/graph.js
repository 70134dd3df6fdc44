// A graph as SVG, laid out by dagre from left to right. Its nodes are buttons for the keyboard.
clustrace.graph = (function () {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const LINE = 16;
  const PADDING = 9;
  const LETTER = 6.7;
  const LONGEST = 30;
  const MARGIN = 6;

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function cut(text) {
    return text.length > LONGEST ? `…${text.slice(1 - LONGEST)}` : text;
  }

  // nodes: {id, lines, kind, status, select}; edges: [cause, effect].
  function draw(nodes, edges, label) {
    const layout = new dagre.graphlib.Graph();
    layout.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 34 });
    layout.setDefaultEdgeLabel(() => ({}));
    for (const node of nodes) {
      const letters = Math.max(...node.lines.map((line) => cut(line).length));
      layout.setNode(node.id, {
        width: letters * LETTER + 2 * PADDING,
        height: node.lines.length * LINE + 2 * PADDING,
      });
    }
    edges.forEach(([cause, effect]) => layout.setEdge(cause, effect));
    dagre.layout(layout);
    const [left, top, width, height] = bounds(layout);
    const picture = svg("svg", {
      class: "graph", viewBox: `${left} ${top} ${width} ${height}`, width, height, role: "group",
      "aria-label": label,
    });
    picture.append(svg("defs", {}, svg("marker", {
      id: "arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 7, markerHeight: 7,
      orient: "auto-start-reverse",
    }, svg("path", { d: "M0 0L8 4L0 8z" }))));
    layout.edges().forEach((edge) => {
      const points = layout.edge(edge).points.map((p) => `${p.x},${p.y}`).join("L");
      picture.append(svg("path", { class: "edge", d: `M${points}`, "marker-end": "url(#arrow)" }));
    });
    const groups = nodes.map((node) => drawNode(node, layout.node(node.id)));
    picture.append(...groups);
    moveByArrows(groups);
    return picture;
  }

  // Of nodes and edges: the layout's own size leaves out edges that go around nodes.
  function bounds(layout) {
    const corners = layout.nodes().map((id) => layout.node(id)).flatMap((n) => [
      { x: n.x - n.width / 2, y: n.y - n.height / 2 },
      { x: n.x + n.width / 2, y: n.y + n.height / 2 },
    ]);
    const points = [...corners, ...layout.edges().flatMap((edge) => layout.edge(edge).points)];
    const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
    const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN];
    return [left, top, Math.max(...xs) + MARGIN - left, Math.max(...ys) + MARGIN - top];
  }

  function drawNode(node, place) {
    const left = place.x - place.width / 2;
    const top = place.y - place.height / 2;
    const group = svg("g", {
      class: `node ${node.kind} ${node.status.replace(" ", "-")}`, tabindex: -1, role: "button",
      "data-id": node.id, "aria-label": [...node.lines, node.status].join(", "),
    });
    group.append(svg("rect", {
      x: left, y: top, width: place.width, height: place.height,
      rx: node.kind === "number" ? place.height / 2 : 5,
    }));
    node.lines.forEach((line, index) => {
      group.append(svg("text", {
        x: place.x, y: top + PADDING + LINE * (index + 0.75), "text-anchor": "middle",
        class: index ? "quiet" : "",
      }, cut(line)));
    });
    group.append(svg("title", {}, [...node.lines, node.status].join("\n")));
    group.addEventListener("click", node.select);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        node.select();
        event.preventDefault();
      }
    });
    return group;
  }

  // One stop for the tabulator key; arrows go from node to node.
  function moveByArrows(groups) {
    groups[0]?.setAttribute("tabindex", 0);
    groups.forEach((group, index) => group.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: -1, ArrowUp: -1, ArrowLeft: 1, ArrowDown: 1 };
      const next = groups[index + (steps[event.key] ?? 0)];
      if (!(event.key in steps) || !next) return;
      group.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
      event.preventDefault();
    }));
  }

  function mark(picture, id) {
    picture.querySelectorAll(".node").forEach((node) => {
      const chosen = node.dataset.id === id;
      node.classList.toggle("chosen", chosen);
      node.setAttribute("aria-pressed", chosen);
    });
  }

  return { draw, mark };
})();
