import pytest
import yaml

from clustrace.config.experiment import load_experiment, seeds_of
from clustrace.errors import ConfigError

PROTOCOL = """\
slug: tiny
title: Tiny
stamp: nothing
seeds: 5
seeds_per_job: {size}
max_samples: 2000
verdicts: false
overrides:
  dec: {{update_interval: 7}}
"""


def tiny(copy, size="all", **given):
    copy.write("protocols/tiny.yaml", PROTOCOL.format(size=size))
    return copy.load(protocol="tiny", **given)


def test_repository(root):
    experiment = load_experiment(root)
    assert experiment.protocol.slug == experiment.settings.protocol
    assert experiment.dataset("usps").raw == "usps"
    assert experiment.raw("mnist").samples == 70000
    assert experiment.layout.root == root


@pytest.mark.parametrize("protocol", ["smoke", "quick", "paper-cpu", "paper"])
def test_every_protocol_is_usable(root, protocol):
    assert load_experiment(root, {"protocol": protocol}).protocol.slug == protocol


def test_arguments_are_those_of_the_method(copy):
    declared = copy.load(protocol="paper").methods["dec"].parameters
    arguments = copy.load(protocol="paper").arguments("dec", "mnist-full")
    assert arguments == {name: parameter.value for name, parameter in declared.items()}


def test_data_set_goes_before_the_method(copy):
    experiment = copy.load(protocol="paper")
    override = experiment.methods["dec"].parameters["update_interval"].datasets["usps"]
    assert experiment.arguments("dec", "usps")["update_interval"] == override.value
    assert experiment.arguments("dec", "mnist-full")["update_interval"] != override.value


def test_protocol_goes_before_the_data_set(copy):
    arguments = tiny(copy).arguments("dec", "usps")
    assert arguments["update_interval"] == 7
    assert arguments["batch_size"] == copy.load().methods["dec"].parameters["batch_size"].value


def test_input_scale(copy):
    experiment = copy.load()
    assert experiment.input_scale("sae", "usps") == 2.0
    assert experiment.input_scale("sae", "digits") == 1.0
    assert experiment.input_scale("kmeans", "usps") == 1.0


def test_chain(copy):
    experiment = copy.load()
    assert experiment.chain("dec") == ("sae", "sae-kmeans", "dec")
    assert experiment.chain("sae-kmeans") == ("sae", "sae-kmeans")
    assert experiment.chain("kmeans") == ("kmeans",)


def test_subset_is_all_where_the_limit_is_not_reached(copy):
    experiment = tiny(copy)
    assert experiment.subset("usps") == "2000"
    assert experiment.subset("digits") == "all"
    assert copy.load(protocol="paper").subset("usps") == "all"


@pytest.mark.parametrize(
    ("size", "given", "blocks"),
    [
        ("all", {}, ("0-4",)),
        ("all", {"seeds": 1}, ("0",)),
        ("1", {}, ("0", "1", "2", "3", "4")),
        ("2", {}, ("0-1", "2-3", "4")),
        ("2", {"seeds": 4}, ("0-1", "2-3")),
        ("9", {}, ("0-4",)),
    ],
)
def test_blocks_cover_the_seeds(copy, size, given, blocks):
    experiment = tiny(copy, size, **given)
    assert experiment.blocks == blocks
    assert tuple(seed for block in blocks for seed in seeds_of(block)) == experiment.seeds


def test_seeds_and_threads_of_the_settings_go_before_the_protocol(copy):
    assert tiny(copy).seeds == (0, 1, 2, 3, 4)
    assert tiny(copy, seeds=3).seeds == (0, 1, 2)
    assert tiny(copy).threads == 1
    assert tiny(copy, threads=4).threads == 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"methods": "kmean"},
            "--config methods=kmean: there is no method 'kmean' — did you mean 'kmeans'?",
        ),
        ({"datasets": "usps,usp"}, "--config datasets=usps,usp: there is no data set 'usp' — did"),
        (
            {"papers": ["demo"]},
            "--config papers=demo: there is no paper 'demo' — did you mean 'demo",
        ),
        (
            {"protocol": "papr"},
            "--config protocol=papr: there is no protocol 'papr' — did you mean",
        ),
        (
            {"datset": "usps"},
            "--config datset=usps: unknown key 'datset' — did you mean 'datasets'?",
        ),
    ],
)
def test_wrong_option_is_named(copy, given, expected):
    assert copy.said(**given).startswith(expected)


@pytest.mark.parametrize("key", ["protocol", "datasets", "methods", "papers"])
def test_wrong_value_in_the_file_has_its_line(copy, key):
    old = {"protocol": "protocol: quick"}.get(key, f"{key}: all")
    place = copy.edit("config.yaml", old, f"{key}: nothing-like-it")
    assert copy.said().startswith(f"{place}: there is no ")


def test_typo_in_a_method(copy):
    place = copy.edit("methods/dec.yaml", "starts_from:", "start_from:")
    assert copy.said().startswith(
        f"{place}: unknown key 'start_from' — did you mean 'starts_from'? Allowed here: slug, "
    )


def test_comma_lists(copy):
    settings = copy.load(methods="dec,idec", datasets=["usps"]).settings
    assert (settings.methods, settings.datasets) == (["dec", "idec"], ["usps"])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"protocol": "smoke", "methods": "dec,idec", "seeds": 3},
        # Values of the file can be undone.
        {"protocol": "quick", "seeds": None, "datasets": "all"},
    ],
)
def test_given_repeats_a_call(copy, given):
    copy.write("config.yaml", "protocol: paper\nseeds: 2\ndatasets: usps\n")
    experiment = copy.load(**given)
    again = {key: yaml.safe_load(value) for key, value in experiment.given.items()}
    assert copy.load(**again).settings == experiment.settings


def test_folder_without_configuration(tmp_path):
    with pytest.raises(ConfigError, match=r"config\.yaml could not be read"):
        load_experiment(tmp_path)


def test_protocol_may_change_a_value_on_some_data_sets(copy):
    copy.write(
        "protocols/tiny.yaml",
        PROTOCOL.format(size="all").replace("7}", "{usps: 7}, tolerance: {usps: null}}"),
    )
    experiment = copy.load(protocol="tiny")
    own = experiment.methods["dec"].parameters["update_interval"].value
    assert experiment.arguments("dec", "usps")["update_interval"] == 7
    assert experiment.arguments("dec", "mnist-full")["update_interval"] == own
    assert experiment.arguments("dec", "usps")["tolerance"] is None
