"""Escaping of texts for each output form."""

import pytest
from jinja2 import UndefinedError

from clustrace.report.templating import (
    html_environment,
    latex_environment,
    latex_escape,
    markdown_environment,
    markdown_escape,
)


def test_latex_prints_special_characters_as_they_are():
    assert latex_escape("54.24 ± 0.31 % & a_b #1 {x} $5") == (
        r"54.24 $\pm$ 0.31 \% \& a\_b \#1 \{x\} \$5"
    )
    assert latex_escape(r"\input{x}~^<≈↑↓") == (
        r"\textbackslash{}input\{x\}\textasciitilde{}\textasciicircum{}"
        r"$<$$\approx$$\uparrow$$\downarrow$"
    )


def test_markdown_cannot_leave_its_table_cell():
    assert markdown_escape("a|b\n*c* <d> [e]") == r"a\|b \*c\* \<d\> \[e\]"


def test_values_are_escaped_without_the_template_asking_for_it():
    value = "<script>&%"
    html = html_environment().from_string("{{ value }}").render(value=value)
    latex = latex_environment().from_string("<< value >>").render(value=value)
    markdown = markdown_environment().from_string("{{ value }}").render(value=value)
    assert html == "&lt;script&gt;&amp;%"
    assert latex == r"$<$script$>$\&\%"
    assert markdown == r"\<script\>\&%"


@pytest.mark.parametrize("environment", [html_environment, markdown_environment])
def test_a_name_that_is_not_given_is_an_error(environment):
    with pytest.raises(UndefinedError):
        environment().from_string("{{ missing }}").render()


def test_the_templates_are_found_in_the_package():
    assert set(html_environment().list_templates()) >= {
        "page.html",
        "style.css",
        "table.html",
        "table.md",
        "table.tex",
    }
