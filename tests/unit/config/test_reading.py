import pytest

from clustrace.config.reading import read_files, read_settings
from clustrace.errors import ConfigError


@pytest.mark.parametrize("folder", ["methods", "protocols", "papers"])
def test_slug_is_the_files_name(copy, folder):
    first = min(p for p in (copy.config / folder).glob("*.yaml") if "deviations" not in p.name)
    place = copy.edit(f"{folder}/{first.name}", f"slug: {first.stem}", "slug: other")
    assert copy.said() == (
        f"{place}: the slug is 'other', but must be the file's name, {first.stem!r}."
    )


def test_order_is_that_of_the_slugs(copy):
    files = read_files(copy.config)
    for documents in (files.methods, files.protocols, files.papers):
        assert list(documents) == sorted(documents)
    assert list(files.deviations) == list(files.published) == list(files.papers)


@pytest.mark.parametrize("folder", ["methods", "protocols", "papers"])
def test_file_that_nothing_reads(copy, folder):
    copy.write(f"{folder}/new.yml", "slug: new\n")
    assert copy.said() == f"config/{folder}/new.yml is not read; rename it to new.yaml."


@pytest.mark.parametrize("suffix", [".deviations.yaml", ".published.csv"])
def test_file_of_no_paper(copy, suffix):
    copy.write(f"papers/dcecc{suffix}", "")
    assert copy.said().startswith(f"config/papers/dcecc{suffix} belongs to no paper")


@pytest.mark.parametrize("suffix", [".deviations.yaml", ".published.csv"])
def test_paper_without_its_other_files(copy, suffix):
    (copy.config / f"papers/dcec{suffix}").unlink()
    assert copy.said().startswith(f"config/papers/dcec{suffix} could not be read (No such file")


def test_missing_registry(copy):
    (copy.config / "datasets.yaml").unlink()
    assert copy.said().startswith("config/datasets.yaml could not be read")


def settings(copy, text, **given):
    copy.write("config.yaml", text)
    return read_settings(copy.config / "config.yaml", given)


def test_options_go_before_the_file(copy):
    chosen, place = settings(copy, "seeds: 2\nprotocol: paper\n", protocol="smoke")
    assert (chosen.seeds, chosen.protocol) == (2, "smoke")
    assert place("protocol") == "--config protocol=smoke"
    assert place("seeds") == f"{copy.config}/config.yaml:1"
    assert place("methods") == f"{copy.config}/config.yaml"


def test_value_that_snakemake_repeats_from_the_file_is_the_files(copy):
    _, place = settings(copy, "seeds: 2\n", seeds=2)
    assert place("seeds") == f"{copy.config}/config.yaml:1"


def test_empty_option_undoes_the_file(copy):
    chosen, place = settings(copy, "seeds: 2\n", seeds=None)
    assert chosen.seeds is None
    assert place("seeds") == "--config seeds="


def test_list_is_shown_as_an_option(copy):
    _, place = settings(copy, "", methods=["dec", "idec"])
    assert place("methods") == "--config methods=dec,idec"


def test_empty_file_is_all_defaults(copy):
    chosen, _ = settings(copy, "# nothing\n")
    assert chosen.protocol == "quick"


def test_file_that_is_no_mapping(copy):
    with pytest.raises(ConfigError, match="write lines of the form `key: value`"):
        settings(copy, "- a\n")


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        (
            "",
            {"datset": "usps"},
            "--config datset=usps: unknown key 'datset' — did you mean 'datase",
        ),
        ("", {"seeds": 0}, "--config seeds=0: seeds is 0, but must be greater than 0."),
        ("", {"seeds": "x"}, "--config seeds=x: seeds is 'x', but must be a whole number."),
        ("", {"methods": None}, "--config methods=: methods is empty; write all, a na"),
        (
            "",
            {"methods": ["dec", 3]},
            "--config methods=dec,3: methods is ['dec', 3]; write all, a name",
        ),
        ("seeds: 0\n", {}, "config.yaml:1: seeds is 0, but must be greater than 0."),
        ("\ndevise: cpu\n", {}, "config.yaml:2: unknown key 'devise' — did you mean 'device'?"),
    ],
)
def test_faults_name_option_or_line(copy, text, given, expected):
    with pytest.raises(ConfigError) as caught:
        settings(copy, text, **given)
    assert str(caught.value).replace(f"{copy.config}/", "").startswith(expected)
