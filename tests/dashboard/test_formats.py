"""Machine formats: each read back by a reader of its own, nothing lost, nothing executed, the same bytes twice."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from sarif_pydantic import Sarif

from audit import policy
from audit.judge import judge
from audit.policy import Policy, Rule
from dashboard import formats, verbs
from dashboard.formats import FORMATS, text
from dashboard.formats.junit import unjudged as junit_unjudged
from dashboard.formats.markdown import code, plain
from dashboard.formats.sarif import unjudged as sarif_unjudged
from dashboard.formats.summary import summary, unjudged
from models.card import Origin
from models.task import UnknownName
from tests.dashboard.dossiers import dossier
from tests.dashboard.stores import ADA

HOSTILE = (
    '#evil [x](javascript:0) $x$ <script>alert("1")</script> ]]> =cmd() & &lt; {{ 7 }} *b* _i_ \\ `t` | “ü” 租\n'
    "---\n- next\x07\u202e\r\t' 1. end"
)
PAPER = {"md"}
"""What says when it was judged, as paper does; the others hold the times of the report alone."""
DOCS = Path(__file__).parents[2] / "docs"
UUID4_OR_5 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


@pytest.fixture(scope="module")
def made():
    return dossier()


@pytest.fixture(scope="module")
def evil():
    return dossier(name=HOSTILE, column=HOSTILE, short=True)


@pytest.fixture(scope="module")
def brought(evil):
    """A version of which nobody said anything, that predicts a number."""
    origin = Origin(format="predictions", source="said.csv", task=evil.task, unknown=("seed", "training data"))
    card = evil.card.model_copy(
        update={
            "origin": origin, "cost": None, "seed": None, "environment": None, "parent": None, "split_digests": (),
            "identity": evil.card.identity.model_copy(update={"classes": (), "columns": ()}),
        }
    )  # fmt: skip
    return replace(evil, card=card, comparison=None, datasheet=None)


@pytest.fixture(scope="module", params=["made", "evil", "brought"])
def either(request):
    return request.getfixturevalue(request.param)


def numbers(one):
    return [measure for measure in one.report.measures() if measure.value is not None]


def judged(one, *rules):
    """The dossier's report under a policy of these rules."""
    rules = Policy(name="hand", version="1", purpose="Tests.", rules=rules)
    return judge(one.report, rules, one.task, now=one.judgement.created)


def rule(measure="accuracy.accuracy", **given):
    return Rule.model_validate({"measure": measure, "rationale": "A limit that a test sets.", **given})


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_records_give_the_same_bytes(name, evil):
    records = {one: getattr(evil, one) for one in ("card", "report", "judgement", "comparison")}
    stored = {one: type(kept).model_validate_json(kept.canonical()) for one, kept in records.items()}
    if name not in PAPER:
        later = evil.judgement.created + timedelta(days=9)
        stored["judgement"] = stored["judgement"].model_copy(update={"created": later})
    again = replace(evil, **stored)
    assert FORMATS[name].encoded(evil) == FORMATS[name].encoded(again)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_says_that_a_law_is_met(name, made):
    assert "complian" not in FORMATS[name].write(made).lower()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_documented_and_ends_like_no_other(name):
    page = (DOCS / "formats.md").read_text()
    assert f"`{name}`" in page
    assert f"`.{FORMATS[name].suffix}`" in page
    assert len({one.suffix for one in FORMATS.values()}) == len(FORMATS)


def test_the_bill_of_materials_is_cyclonedx(either):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(FORMATS["mlbom"].write(either)) is None


def test_a_bill_of_materials_that_is_none_is_found_out(made):
    broken = formats.mlbom(made)
    broken["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]["value"] = 0.5
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken))


def test_the_bill_holds_every_number_with_its_interval_slice_and_id(made):
    component = formats.mlbom(made)["metadata"]["component"]
    metrics = component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    origins = [one for one in component["properties"] if one["name"].startswith("answerable:measure:")]
    assert len(metrics) == len(origins) == len(numbers(made))
    for metric, origin, one in zip(metrics, origins, numbers(made), strict=True):
        shown = one.shown()
        assert float(metric["value"]) == one.value
        assert metric["slice"].endswith(one.slice_text)
        assert origin["name"] == f"answerable:measure:{one.id(made.report.key)}"
        assert json.loads(origin["value"])["n"] == one.n
        ends = metric.get("confidenceInterval", {})
        assert {name: float(end) for name, end in ends.items()} == {
            name: end
            for name, end in (("lowerBound", shown and shown.low), ("upperBound", shown and shown.high))
            if end is not None
        }
        assert ("bound=upper" in metric["type"]) is (one.bound == "upper")


def test_the_bill_names_the_model_its_files_its_data_and_its_parent(made):
    bill = formats.mlbom(made)
    component = bill["metadata"]["component"]
    assert component["type"] == "machine-learning-model"
    assert component["hashes"] == [{"alg": "SHA-256", "content": made.card.digest}]
    assert component["components"][0]["hashes"][0]["content"] == made.card.identity.files[0].digest
    assert component["pedigree"]["ancestors"][0]["hashes"][0]["content"] == made.card.parent
    assert made.report.split in [one["hashes"][0]["content"] for one in bill["components"]]
    assert {one["type"] for one in bill["components"]} == {"data"}
    assert bill["dependencies"][0]["dependsOn"] == [one["bom-ref"] for one in bill["components"]]


def test_the_bill_considers_energy_groups_and_what_was_not_measured(made):
    considered = formats.mlbom(made)["metadata"]["component"]["modelCard"]["considerations"]
    energy = considered["environmentalConsiderations"]["energyConsumptions"][0]
    assert energy["activityEnergyCost"] == {"value": made.card.cost.energy_wh / 1000, "unit": "kWh"}
    assert {"race", "sex"} <= {one["groupAtRisk"] for one in considered["fairnessAssessments"]}
    assert any(one.startswith("COS001 failed: RuntimeError") for one in considered["technicalLimitations"])


def test_what_is_not_known_has_no_entry_in_the_bill(made):
    bare = replace(made, card=made.card.model_copy(update={"cost": None}), datasheet=None)
    bill = formats.mlbom(bare)
    assert "environmentalConsiderations" not in bill["metadata"]["component"]["modelCard"]["considerations"]
    assert all("licenses" not in one for one in bill["components"])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.as_json(bill)) is None


def test_oscal_references_resolve_and_no_uuid_comes_twice(either):
    results = formats.oscal(either)["assessment-results"]
    (result,) = results["results"]
    resources = [one["uuid"] for one in results["back-matter"]["resources"]]
    observed = [one["uuid"] for one in result["observations"]]
    component = result["local-definitions"]["components"][0]["uuid"]
    found = [one["uuid"] for one in result["findings"]]
    everything = [results["uuid"], result["uuid"], component, *resources, *observed, *found]
    assert len(set(everything)) == len(everything)
    assert all(UUID4_OR_5.match(one) and UUID(one) for one in everything)
    assert results["import-ap"]["href"].removeprefix("#") in resources
    for one in result["observations"]:
        assert one["subjects"][0]["subject-uuid"] == component
        assert one["relevant-evidence"][0]["href"].removeprefix("#") in resources
    for one in result["findings"]:
        assert {other["observation-uuid"] for other in one.get("related-observations", ())} <= set(observed)


def test_oscal_titles_and_properties_are_single_lines(evil):
    def walk(value):
        if isinstance(value, dict):
            for name, one in value.items():
                if name == "title" or (name == "value" and "ns" in value):
                    assert re.fullmatch(r"\S(.*\S)?", one), one
                walk(one)
        elif isinstance(value, list):
            assert value
            list(map(walk, value))

    walk(formats.oscal(evil))


def test_oscal_has_an_observation_of_everything_and_a_finding_of_every_rule_that_concerns_it(made):
    (result,) = formats.oscal(made)["assessment-results"]["results"]
    silent = [one for one in made.report.answers if one.status != "measured"]
    assert len(result["observations"]) == len(made.report.measures()) + len(silent)
    assert sum(one["methods"] == ["TEST"] for one in result["observations"]) == len(made.report.measures())
    states = {one["target"]["status"]["remarks"]: one["target"]["status"]["state"] for one in result["findings"]}
    assert states == {
        "pass": "satisfied",
        "fail": "not-satisfied",
        "unsure": "not-satisfied",
        "missing": "not-satisfied",
        "waived": "not-satisfied",
    }
    assert len(result["findings"]) == len(made.judgement.verdicts) - made.judgement.count("exempt")
    assert result["remarks"].count("the rule is for tasks") == made.judgement.count("exempt")


def test_sarif_has_what_keeps_the_gate_shut_and_nothing_else(either):
    log = Sarif.model_validate_json(FORMATS["sarif"].write(either))
    (run,) = log.runs
    shut = [
        one
        for one in either.judgement.verdicts
        if one.rule.severity == "block" and one.outcome in ("fail", "unsure", "missing")
    ]
    assert [one.properties["verdict"] for one in run.results] == [one.id for one in shut]
    rules = [one.id for one in run.tool.driver.rules]
    assert len(set(rules)) == len(rules)
    for result, one in zip(run.results, shut, strict=True):
        assert rules[result.rule_index] == result.rule_id
        assert result.rule_id.startswith(one.rule.measure)
        assert all(clause in result.rule_id for clause in one.rule.clauses)
        assert one.reason[:20] in result.message.text


def test_a_sarif_fingerprint_outlives_the_version(made):
    def prints(one):
        return {
            r["partialFingerprints"]["answerable/v1"]
            for r in formats.sarif(one.report, one.judgement)["runs"][0]["results"]
        }

    next_one = made.report.model_copy(update={"title": "mortgage@3", "key": "f" * 64})
    judgement = judge(next_one, policy.read("default"), made.task, now=made.judgement.created)
    assert prints(made) & prints(replace(made, report=next_one, judgement=judgement))


def test_junit_counts_and_semantics(either):
    suite = next(iter(JUnitXml.fromstring(FORMATS["junit"].write(either).encode())))
    wanted = {
        "pass": (),
        "fail": (Failure,),
        "unsure": (Failure,),
        "missing": (Error,),
        "exempt": (Skipped,),
        "waived": (Skipped,),
    }
    for case, one in zip(suite, either.judgement.verdicts, strict=True):
        assert tuple(map(type, case.result)) == wanted[one.outcome]
    assert suite.tests == len(either.judgement.verdicts)
    assert (suite.failures, suite.errors) == (
        either.judgement.count("fail") + either.judgement.count("unsure"),
        either.judgement.count("missing"),
    )


@pytest.mark.parametrize(
    "rules",
    [
        [rule(at_least=0.5)],
        [rule(at_least=0.99)],
        [rule(at_least=0.5), rule("accuracy.roc_auc", at_least=0.999, severity="note")],
        [rule(at_least=0.5), rule("privacy.mia_auc", at_most=0.6, severity="note")],
        [rule(at_least=0.5), rule("privacy.mia_auc", at_most=0.6)],
        [rule(at_least=0.5, severity="note")],
        [rule(at_least=0.5, when={"kind": "ranking"})],
    ],
)
def test_junit_is_green_exactly_where_the_gate_opens(rules, made):
    judgement = judged(made, *rules)
    suites = JUnitXml.fromstring(formats.junit(made.report, judgement).encode())
    suites.update_statistics()
    assert (suites.failures + suites.errors == 0) is judgement.passed
    (run,) = formats.sarif(made.report, judgement)["runs"]
    assert (not run["results"] and "toolExecutionNotifications" not in run["invocations"][0]) is judgement.passed


def test_prometheus_reads_every_number_back(either):
    families = {one.name: one.samples for one in text_string_to_metric_families(FORMATS["prometheus"].write(either))}
    read = {
        (one.labels["measure"], one.labels["setting"], one.labels["slice"]): one.value
        for one in families["answerable_measure"]
    }
    if "\x07" not in either.card.name:
        assert read == {one.key: one.value for one in numbers(either)}
    assert len(read) == len(numbers(either))
    lows = [one.value for one in families["answerable_measure_low"]]
    assert lows == [one.shown().low for one in numbers(either) if one.shown() and one.shown().low is not None]
    (gate,) = families["answerable_gate_open"]
    assert gate.value == float(either.judgement.passed)
    assert gate.labels["version"] == str(either.card.version)
    assert [one.labels["outcome"] for one in families["answerable_verdict"]] == [
        one.outcome for one in either.judgement.verdicts
    ]


def test_a_label_with_quotes_backslashes_and_newlines_is_read_back(evil):
    sample = next(text_string_to_metric_families(FORMATS["prometheus"].write(evil))).samples[0]
    written_out = HOSTILE.replace("\x07", "‹U+0007›").replace("\u202e", "‹U+202E›").replace("\r", "‹U+000D›")
    assert sample.labels["model"] == written_out.replace("\t", "‹U+0009›")


def shown(markdown):
    """What a reader sees, and the HTML that passed as such."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [one for token in tokens for one in (token.children or ())]
    html = [one.content for one in (*tokens, *inline) if one.type in ("html_block", "html_inline")]
    links = [one for one in inline if one.type in ("link_open", "image")]
    words = "".join(one.content for one in inline if one.type in ("text", "text_special", "code_inline"))
    return words, html, links


@pytest.mark.parametrize(
    "words",
    [
        HOSTILE,
        "- list",
        "# head",
        "1. one",
        "12) twelve",
        "=== x",
        "--- x",
        "a_b __c__",
        "-0.5",
        "| a | b |",
        "+ more",
        "",
    ],
)
def test_words_are_shown_as_they_are(words):
    read, html, links = shown(plain(words))
    assert read == (text.line(words) if words else "")
    assert not html
    assert not links
    assert [one.type for one in MarkdownIt("commonmark").parse(plain(words))] in (
        ["paragraph_open", "inline", "paragraph_close"],
        [],
    )


@pytest.mark.parametrize("words", ["plain", "a `b` c", "a | b", "`"])
def test_code_is_shown_as_it_is(words):
    assert shown(code(words))[0] == words


@pytest.mark.parametrize(
    "write", [FORMATS["md"].write, FORMATS["card"].write, lambda one: summary(one.report, one.judgement)]
)
def test_markdown_executes_nothing(write, evil):
    body = write(evil).removeprefix("---\n").partition("\n---\n")[2] or write(evil)
    read, html, links = shown(body)
    assert set(html) <= {"<br>"}
    assert not links
    assert '<script>alert("1")</script>' in read


def test_markdown_has_every_verdict_and_what_was_not_measured(made):
    page = FORMATS["md"].write(made)
    for one in made.judgement.verdicts:
        assert (one.measure or one.id)[:12] in page
    assert "## 4. Not measured, and why" in page
    for answer in made.report.answers:
        if answer.status != "measured":
            assert plain(answer.reason) in page


def test_every_row_of_a_table_has_as_many_cells_as_its_head(evil):
    for page in (FORMATS["md"].write(evil), FORMATS["card"].write(evil), summary(evil.report, evil.judgement)):
        width = 0
        for line in page.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("| ") else 0
            assert not (cells and width) or cells == width, line
            width = cells


def test_the_model_card_is_read_by_hugging_face(either):
    card = ModelCard(FORMATS["card"].write(either))
    results = card.data.eval_results
    assert results
    assert card.data.model_name == text.line(either.card.title)
    by_id = {one.metric_args["id"]: one for one in results}
    known = {one.id(either.report.key): one for one in numbers(either)}
    assert set(by_id) <= set(known)
    for id, one in by_id.items():
        assert one.metric_value == known[id].value
        assert one.metric_args["n"] == known[id].n
        assert one.dataset_revision == either.report.split


def test_the_model_card_has_mitchells_sections_and_says_what_is_unknown(made):
    page = FORMATS["card"].write(made)
    sections = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert sections == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]
    assert "**Contact:** Unknown: nobody said." in page
    assert "race black, sex female" in page
    assert "COS001 failed: RuntimeError: the disk was full" in page


def test_the_model_card_rounds_what_it_says_of_ethics_as_paper_does(made):
    ethics = FORMATS["card"].write(made).partition("## Ethical considerations")[2].partition("\n## ")[0]
    fair = [one for one in made.judgement.verdicts if one.dimension == "fairness" and one.outcome != "exempt"]
    assert not re.search(r"\d\.\d{4,}", ethics), "a raw float"
    assert len([line for line in ethics.splitlines() if ", n = " in line]) == len(fair)


def test_json_has_a_schema(made):
    schema = formats.schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for record in (made.report, made.judgement, made.comparison):
        assert list(validator.iter_errors(json.loads(record.canonical()))) == []
        assert list(validator.iter_errors({**json.loads(record.canonical()), "more": 1}))
    assert schema["$defs"]["Measure"]["properties"]["name"]["description"].startswith("Dotted, global, permanent")


def test_what_could_not_be_judged_is_never_green():
    why = "There is no version 'x' ]]> <b>\x00"
    suites = JUnitXml.fromstring(junit_unjudged(why).encode())
    assert suites.errors == 1
    log = Sarif.model_validate(sarif_unjudged(why))
    assert log.runs[0].invocations[0].execution_successful is False
    assert "stays shut" in unjudged("x", why)
    assert not shown(unjudged("x", why))[1]


def test_the_summary_says_the_gate_and_each_limit_that_decides(made):
    page = summary(made.report, made.judgement)
    assert page.startswith("## mortgage@2: the gate stays shut")
    for one in made.judgement.verdicts:
        if one.rule.severity == "block" and one.outcome != "exempt":
            assert (one.measure or one.id)[:12] in page


def test_the_same_store_gives_the_same_files(populated, tmp_path):
    where, asked = verbs.place(), (",".join(FORMATS), "json")
    first, second = (verbs.document(where, "digits@2", tmp_path / one, asked) for one in ("first", "second"))
    assert [one.name for one in first] == [f"digits-2.{one.suffix}" for one in FORMATS.values()] + ["digits-2.json"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes() or one.suffixes == [".md"]


def test_where_the_rows_of_the_parent_were_erased_a_report_says_so_and_the_gate_stays_shut(populated, tmp_path):
    where = verbs.place()
    before = verbs.dossier_of(where, "mortgage@2")
    where.archive.erase(where.archive.newest_report("mortgage@1").rows, "an applicant asked", ADA)
    made = verbs.dossier_of(where, "mortgage@2")
    assert before.comparison is not None
    assert made.comparison is None
    against = [one for one in made.judgement.verdicts if one.rule.against == "parent" and one.outcome != "exempt"]
    assert {(one.outcome, "were erased" in one.reason) for one in against} == {("missing", True)}
    assert "block" in {one.rule.severity for one in against}
    assert not made.judgement.passed
    (page,) = verbs.document(where, "mortgage@2", tmp_path, ("md",))
    assert "This version was not compared: " in page.read_text()
    assert "the rows that pair the two were erased" in page.read_text()


def test_a_format_that_nobody_writes_is_refused_before_anything_is_written(populated, tmp_path):
    with pytest.raises(UnknownName, match=r"Did you mean 'sarif'\?"):
        verbs.document(verbs.place(), "digits@1", tmp_path / "made", ("md,sarrif",))
    assert not (tmp_path / "made").exists()
