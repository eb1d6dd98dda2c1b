"""The terminal face: ``answerable``. Every verb imports what it needs when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import (
    NOT_PASSED,
    PASSED,
    Home,
    Json,
    PolicyName,
    Seed,
    archive,
    document,
    finding,
    gate,
    inventory,
    ledger,
    people,
    place_of,
    plainly,
    policy,
    publish,
    reasons,
    report,
    requirements,
    risk,
    scope,
    signoff,
    telling,
)

app = typer.Typer(
    name="answerable",
    help="Trains models, audits any model, and keeps answers that can be proved.",
    epilog="Start with: answerable demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

MODEL = "A model that is brought"
TABLE = "What the columns of a table are"
Column = Annotated[str | None, typer.Option(help="Column of the table.", show_default=False, rich_help_panel=TABLE)]


@app.command()
@plainly
def demo(
    home: Home = None, folder: Annotated[Path, typer.Option(help="Where the report is written.")] = Path()
) -> None:
    """Train, audit, judge, compare and report on real public data; again, it finds what it made."""
    from dashboard.demo import demo as run

    with telling() as tell:
        run(place_of(home), folder, tell)


@app.command()
@plainly
def train(
    task: Annotated[str, typer.Argument(help="mortgage, digits, breast_cancer ...")],
    remedy: Annotated[str | None, typer.Option(help="How to make the next version out of the parent.")] = None,
    parent: Annotated[str | None, typer.Option(help="Version it is made from or is meant to replace.")] = None,
    seed: Seed = 0,
    seeds: Annotated[int, typer.Option(min=1, help="Train with so many seeds, and say how they spread.")] = 1,
    home: Home = None,
    json: Json = False,
) -> None:
    """Train a version of a task, or find the one trained by the same recipe."""
    from dashboard import terminal, verbs

    with telling(quiet=json) as tell:
        if seeds == 1:
            card = verbs.train(place_of(home), task, remedy=remedy, parent=parent, seed=seed, tell=tell)
        else:
            found = verbs.train_seeds(place_of(home), task, seeds, remedy=remedy, parent=parent, seed=seed, tell=tell)
    if seeds == 1:
        terminal.card(card, json)
    else:
        terminal.spread(*found, json)


@app.command()
@plainly
def audit(
    model: Annotated[str, typer.Argument(help="A version (mortgage@2), a file of predictions, - or a task.toml.")],
    truth: Column = None,
    decision: Column = None,
    score: Annotated[
        str | None,
        typer.Option(help="Column of probabilities; of several classes: cat=p1,dog=p2.", rich_help_panel=TABLE),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Lowest score decided as positive.", rich_help_panel=TABLE)
    ] = None,
    positive: Column = None,
    favourable: Column = None,
    groups: Annotated[str | None, typer.Option(help="Columns of groups: sex,race.", rich_help_panel=TABLE)] = None,
    group_probabilities: Annotated[
        list[str] | None, typer.Option(help="race=p_white,p_black: how likely each is.", rich_help_panel=TABLE)
    ] = None,
    weight: Column = None,
    id: Column = None,
    unit: Column = None,
    time: Column = None,
    query: Column = None,
    kind: Annotated[str, typer.Option(help="classes, regression or ranking.", rich_help_panel=TABLE)] = "classes",
    name: Annotated[str | None, typer.Option(help="What the model is called; else as the file.")] = None,
    before: Annotated[
        str | None, typer.Option(help="The same of the version before, joined by --id, to compare with.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Table that a model file, folder or address is asked about.", rich_help_panel=MODEL),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Classes in the model's order, where it does not name them.", rich_help_panel=MODEL),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Column of texts, for a model of text.", rich_help_panel=MODEL)
    ] = None,
    factory: Annotated[
        str | None, typer.Option(help="module:function that makes the network of torch weights.", rich_help_panel=MODEL)
    ] = None,
    code: Annotated[Path | None, typer.Option(help="Folder that the factory lies in.", rich_help_panel=MODEL)] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="Model at an address (Open Inference), or a template.json.", rich_help_panel=MODEL),
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="Environment variable that holds the token.", rich_help_panel=MODEL)
    ] = None,
    check: Annotated[list[str] | None, typer.Option(help="Only this check; may be given several times.")] = None,
    seed: Seed = 0,
    repeat: Annotated[int, typer.Option(min=0, help="Number of a deliberate repetition.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer side by side.")] = 1,
    policy: PolicyName = "default",
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask a version, or a file of predictions, every applicable question, keep the answers, and judge them."""
    from dashboard import bringing, seen, terminal, verbs

    options = {
        "truth": truth, "decision": decision, "score": score, "threshold": threshold, "positive": positive,
        "favourable": favourable, "groups": groups, "probabilities": group_probabilities, "weight": weight, "id": id,
        "unit": unit, "time": time, "query": query, "kind": kind, "name": name, "classes": classes,
    }  # fmt: skip
    if data is not None or bringing.is_table(model):
        how = bringing.Asking(data or "", text, factory, code, protocol, token)
        bringing.refuse_idle(how, options, before)
        opened = bringing.ask(model, options, how) if data else bringing.read(model, options, before)
        with opened as brought, telling(quiet=json) as tell:
            where = place_of(home)
            asked = {
                "checks": check, "seed": seed, "run": repeat, "workers": workers, "policy": policy, "tell": tell,
            }  # fmt: skip
            report, comparison = bringing.audit(where, brought, asked)
            judgement = verbs.judge(where, report.id, policy)
        terminal.notes(brought.notes)
        if not json:
            terminal.found(report)
        terminal.report(report, judgement, json)
        if comparison is not None and not json:
            terminal.comparison(comparison, json)
        raise typer.Exit(PASSED if judgement.passed else NOT_PASSED)
    bringing.refuse_roles(model, options)
    where = place_of(home)
    with telling(quiet=json) as tell:
        report = verbs.audit(
            where, model, checks=check, seed=seed, run=repeat, workers=workers, policy=policy, tell=tell
        )
        judgement = verbs.judge(where, report.id, policy)
    terminal.report(seen.report(where.archive, report), verbs.seen_judgement(where, judgement), json)
    raise typer.Exit(PASSED if judgement.passed else NOT_PASSED)


@app.command()
@plainly
def look(
    file: Annotated[str, typer.Argument(help="A table: CSV, Parquet, Arrow, JSON lines, a folder of these, or -.")],
    other: Annotated[Path | None, typer.Option("--train", help="The training part: do rows stand in both?")] = None,
    write: Annotated[Path | None, typer.Option(help="Write a task.toml with the roles and a draft datasheet.")] = None,
    json: Json = False,
) -> None:
    """Look at a table before it is audited: what its columns are, whom it names, what leaks."""
    from dashboard import bringing, terminal

    found = bringing.look(file, other)
    if write:
        bringing.write_task(file, found, write)
    terminal.looked(found, write, json)


@app.command("import")
@plainly
def import_(
    file: Annotated[Path, typer.Argument(help="A model file or folder: ONNX, skops, XGBoost, LightGBM, .pt2, ...")],
    name: Annotated[str | None, typer.Option(help="What the model is called; else as the file.")] = None,
    parent: Annotated[str | None, typer.Option(help="Version it was made from or is meant to replace.")] = None,
    factory: Annotated[
        str | None, typer.Option(help="module:function that makes the network of torch weights.")
    ] = None,
    code: Annotated[Path | None, typer.Option(help="Folder that the factory lies in.")] = None,
    kind: Annotated[str, typer.Option(help="classes, regression or ranking.")] = "classes",
    classes: Annotated[
        str | None, typer.Option(help="Classes in the model's order, where it does not name them.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns of the inputs in order, where it does not name them.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Keep a model file as a version; what nobody said of it is said to be unknown."""
    from dashboard import bringing, terminal

    how, options = bringing.Asking("", None, factory, code), {"kind": kind, "classes": classes, "columns": columns}
    terminal.card(bringing.keep(place_of(home), file, name, parent, how, options), json)


@app.command()
@plainly
def judge(
    report: Annotated[str, typer.Argument(help="A report (r-...) or a version: its newest report.")],
    policy: PolicyName = "default",
    home: Home = None,
    json: Json = False,
) -> None:
    """Judge a stored report under a policy; nothing is measured again."""
    from dashboard import terminal, verbs

    where = place_of(home)
    judgement = verbs.judge(where, report, policy)
    terminal.judgement(verbs.seen_judgement(where, judgement), json)
    raise typer.Exit(PASSED if judgement.passed else NOT_PASSED)


@app.command()
@plainly
def compare(
    first: Annotated[str, typer.Argument(help="A version or a report.")],
    second: Annotated[str, typer.Argument(help="The one that is asked whether it is better.")],
    everything: Annotated[bool, typer.Option("--all", help="Print every group, class and part.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Compare two versions on the same examples: better, no worse, worse, or cannot tell."""
    from dashboard import terminal, verbs

    with telling(quiet=json) as tell:
        tell(f"comparing {first} and {second}", 0, 0)
        found = verbs.compare(place_of(home), first, second)
    terminal.comparison(found, json, everything=everything)
    raise typer.Exit(NOT_PASSED if found.count("worse") else PASSED)


@app.command()
@plainly
def fairness(
    version: Annotated[str, typer.Argument(help="A version or a report (r-...).")],
    by: Annotated[str | None, typer.Option(help="One way of grouping: race, 'race & sex' ...")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Print how far apart groups lie in a stored report; with --by every rate group by group."""
    from dashboard import seen, terminal, verbs, views
    from storage import queries

    where = place_of(home)
    report = seen.report(where.archive, where.archive.newest_report(version))
    judged = queries.newest_judgement(where.archive.database, report.id)
    judgement = verbs.seen_judgement(where, where.archive.judgement(judged)) if judged else None
    terminal.fairness(report, judgement, views.task(where.archive.model(report.model)), by, json)


@app.command()
@plainly
def slices(
    version: Annotated[str, typer.Argument(help="A version or a report (r-...).")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Print the parts of the data that a stored report tested: where the version errs more, and where it does not."""
    from dashboard import seen, terminal

    archive = place_of(home).archive
    terminal.slices(seen.report(archive, archive.newest_report(version)), json)


@app.command()
@plainly
def models(home: Home = None, json: Json = False) -> None:
    """List every version that is kept."""
    from dashboard import terminal

    terminal.models(place_of(home).archive.models(), json)


@app.command()
@plainly
def reports(
    model: Annotated[str | None, typer.Argument(help="Only of this version.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List reports, newest first."""
    from dashboard import terminal

    archive = place_of(home).archive
    terminal.reports(archive.reports(archive.model(model).digest if model else None), json)


@app.command()
@plainly
def checks(
    code: Annotated[str | None, typer.Argument(help="Show one in full.", show_default=False)] = None, json: Json = False
) -> None:
    """List every check, or explain one."""
    from audit.catalogue import select
    from dashboard import terminal

    terminal.checks([one.question() for one in select([code] if code else None)], json, full=code is not None)


@app.command()
@plainly
def lint(
    file: Annotated[Path, typer.Argument(help="A published bias audit as .yaml, .json or .csv.")],
    today: Annotated[str | None, typer.Option(help="Day on which its age is judged: 2024-03-01.")] = None,
    json: Json = False,
) -> None:
    """Hold a published bias audit (NYC Local Law 144) against its own arithmetic."""
    from datetime import UTC, datetime

    from audit.publication.form import read
    from audit.publication.lint import lint as held
    from audit.publication.printed import day
    from dashboard import terminal

    found = held(read(file), day(today) or datetime.now(UTC).date())
    terminal.linted(found, json)
    raise typer.Exit(NOT_PASSED if found.findings else PASSED)


@app.command()
@plainly
def show(
    id: Annotated[str, typer.Argument(help="Any id, digest or name; ids may be cut short.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Show what any id stands for: a figure of a report, a report, a version, a split, a policy, a page."""
    from dashboard import terminal, verbs

    terminal.anything(*verbs.show(place_of(home), id), json=json)


@app.command()
@plainly
def reproduce(
    id: Annotated[str, typer.Argument(help="A report, a version, or one figure (m-...).")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask the same questions again: identical, within tolerance, different, or cannot be reproduced here."""
    from dashboard import terminal, verbs

    with telling(quiet=json) as tell:
        found = verbs.reproduce(place_of(home), id, tell)
    terminal.pairs({"outcome": found.outcome, "detail": found.detail}, json)
    raise typer.Exit(PASSED if found.outcome in ("identical", "within tolerance") else NOT_PASSED)


@app.command()
@plainly
def forget(
    digest: Annotated[str, typer.Argument(help="Digest of the evidence, as a report or `show` names it.")],
    reason: Annotated[str, typer.Option(help="Why it is erased; the ledger keeps it.")],
    home: Home = None,
) -> None:
    """Erase evidence about people; its digest and the ledger stay, and reports still verify."""
    from dashboard.access import permitted

    archive = place_of(home).archive
    archive.erase(digest, reason, permitted(archive, "erase", None, "store"))
    typer.echo(f"Erased {digest[:12]}. The ledger says when, by whom and why.")


@app.command()
@plainly
def worker(
    once: Annotated[bool, typer.Option("--once", help="Stop when no job waits.")] = False, home: Home = None
) -> None:
    """Do the jobs that were asked for on the screens."""
    from dashboard import verbs

    with telling() as tell:
        done = verbs.wait_for_work(place_of(home), tell, once=once)
    typer.echo(f"{done} jobs done.")


@app.command()
@plainly
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="Stays on this machine unless told otherwise.")] = "127.0.0.1",
    without_login: Annotated[
        bool, typer.Option("--without-login", help="Let everybody who reaches the address see everything and act.")
    ] = False,
    home: Home = None,
) -> None:
    """Open the screens in a browser."""
    import subprocess

    from dashboard.server import command, environment

    told = environment(place_of(home).home, address, without_login=without_login)
    typer.echo(f"The dashboard is at http://{address}:{port} (stop with Ctrl-C).")
    raise typer.Exit(subprocess.run(command(port, address), env=told, check=False).returncode)


app.command()(gate.gate)
app.command()(ledger.verify)
app.command()(report.report)
app.command()(publish.publish)
app.command()(reasons.reasons)
app.add_typer(ledger.app)
app.command()(archive.export)
app.command()(archive.backup)
app.command()(archive.restore)
app.add_typer(policy.app)
app.add_typer(inventory.app)
app.add_typer(signoff.app)
app.command()(signoff.release)
app.command()(signoff.waive)
app.add_typer(finding.app)
app.add_typer(document.app)
app.add_typer(risk.app)
app.add_typer(risk.log)
app.command()(document.attest)
app.add_typer(scope.app)
app.command()(requirements.requirements)
app.command()(requirements.bind)
app.add_typer(people.people)
app.add_typer(people.token)


def main() -> None:
    """Entry point of the ``answerable`` command."""
    app()


if __name__ == "__main__":
    main()
