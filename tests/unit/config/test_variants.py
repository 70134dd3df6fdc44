"""Methods that are variants of others."""

import pytest

from clustrace.config.reading import read_files
from clustrace.config.readme import hyper_parameters
from clustrace.config.variants import heirs_of

VARIANT = """slug: dec-slow
variant_of: dec
name: DEC, slowly
parameters:
  learning_rate: {value: 0.001, source: "own decision"}
"""


@pytest.fixture
def methods(copy):
    copy.write("methods/dec-slow.yaml", VARIANT)
    return copy


def test_all_that_is_not_given_is_taken_from_the_other(methods):
    experiment = methods.load()
    base, variant = experiment.methods["dec"], experiment.methods["dec-slow"]
    assert (variant.slug, variant.name) == ("dec-slow", "DEC, slowly")
    assert (variant.stage, variant.estimator) == (base.stage, base.estimator)
    assert experiment.chain("dec-slow") == ("sae", "sae-kmeans", "dec-slow")
    changed = {**base.parameters, "learning_rate": variant.parameters["learning_rate"]}
    assert variant.parameters == changed
    assert variant.parameters["learning_rate"].value == 0.001


def test_a_parameter_is_taken_or_replaced_as_a_whole(methods):
    experiment = methods.load(protocol="paper")
    assert experiment.arguments("dec-slow", "usps")["update_interval"] == 30
    methods.edit(
        "methods/dec-slow.yaml",
        "parameters:\n",
        "parameters:\n  update_interval: {value: 7, source: own}\n",
    )
    assert methods.load(protocol="paper").arguments("dec-slow", "usps")["update_interval"] == 7


def test_what_protocols_change_holds_for_variants(methods):
    quick = methods.load(protocol="quick")
    assert quick.arguments("dec-slow", "usps")["max_iterations"] == 300
    methods.edit(
        "protocols/quick.yaml", "overrides:\n", "overrides:\n  dec-slow: {max_iterations: 5}\n"
    )
    arguments = methods.load(protocol="quick").arguments("dec-slow", "usps")
    assert (arguments["max_iterations"], arguments["update_interval"]) == (5, 30)


def test_a_variant_of_a_variant(methods):
    methods.write(
        "methods/dec-slower.yaml",
        VARIANT.replace("dec-slow", "dec-slower").replace("of: dec", "of: dec-slow"),
    )
    experiment = methods.load()
    assert experiment.methods["dec-slower"].estimator == experiment.methods["dec"].estimator


def test_unknown_method(methods):
    place = methods.edit("methods/dec-slow.yaml", "variant_of: dec\n", "variant_of: idecc\n")
    said = methods.said()
    number = len(list((methods.root / "config/methods").glob("*.yaml"))) - 1
    assert said == (
        f"{place}: there is no method 'idecc' — did you mean 'idec'? There are {number}, listed in "
        "config/README.md."
    )


@pytest.mark.parametrize(
    ("other", "chain"),
    [("dec-slow", "dec-slow"), ("dec", "dec is a variant of dec-slow")],
)
def test_circles(methods, other, chain):
    if other == "dec":
        methods.edit("methods/dec.yaml", "name: DEC\n", "name: DEC\nvariant_of: dec-slow\n")
    else:
        methods.edit("methods/dec-slow.yaml", "variant_of: dec\n", "variant_of: dec-slow\n")
    said = methods.said()
    assert f"{chain} is a variant of dec" in said
    assert said.endswith("one of them must stand on its own.")


def test_a_fault_of_its_own_names_its_line(methods):
    place = methods.edit("methods/dec-slow.yaml", "source:", "sourse:")
    assert methods.said().startswith(
        f"{place}: unknown key 'parameters.learning_rate.sourse' — did you mean 'source'?"
    )


def test_a_fault_of_the_base_is_told_once_and_there(methods):
    place = methods.edit("methods/dec.yaml", "stage: finetune", "stage: finetun")
    assert methods.said().splitlines() == [
        f"{place}: stage is 'finetun', but must be 'pretrain', 'initialise', 'finetune', "
        "'cluster', 'neighbours', 'partition' or 'classify' — did you mean 'finetune'?"
    ]


def test_a_method_that_is_no_variant_needs_its_keys(methods):
    methods.edit("methods/dec-slow.yaml", "variant_of: dec\n", "")
    said = methods.said()
    assert "the key 'stage' is missing" in said and "the key 'estimator' is missing" in said


@pytest.mark.parametrize("text", ["variant_of: 3\n", "parameters: 3\n"])
def test_what_cannot_be_merged_is_still_told(methods, text):
    key = text.partition(":")[0]
    old = "variant_of: dec\n" if key == "variant_of" else VARIANT.partition("name")[2]
    place = methods.edit(
        "methods/dec-slow.yaml", old, text if key == "variant_of" else f": DEC\n{text}"
    )
    if key == "variant_of":
        assert f"{place}: variant_of is 3, but must be" in methods.said()
    else:
        assert "parameters is 3, but must be a mapping" in methods.said()


def test_whom_an_edit_concerns(methods):
    files = read_files(methods.config)
    everyone = {"dec", "dec-slow", "dcn-dec"}
    assert heirs_of("dec", files.methods, "parameters", "momentum") == everyone
    assert heirs_of("dec", files.methods, "parameters", "learning_rate") == everyone - {"dec-slow"}
    assert heirs_of("dec", files.methods) == everyone
    assert heirs_of("dec-slow", files.methods, "parameters", "learning_rate") == {"dec-slow"}


def test_the_readme_tells_what_a_variant_has_of_its_own(methods):
    files = read_files(methods.config)
    assert list(hyper_parameters(files.methods["dec-slow"])) == ["learning_rate"]
    assert "batch_size" in hyper_parameters(files.methods["dec"])
    assert "input_scale" in hyper_parameters(files.methods["sae"])
