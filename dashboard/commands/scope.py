"""``answerable scope``: the questions whose answers say which laws and standards concern a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import Home, Json, place_of, plainly

if TYPE_CHECKING:
    from audit.interview import Question

app = typer.Typer(name="scope", help="Which laws and standards concern a model.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="mortgage, or any of its versions.")]


@app.command()
@plainly
def ask(model: Model, home: Home = None) -> None:
    """Ask what is open, question by question; an empty line leaves one open, and what was answered is kept."""
    from audit.scope import answered, open_questions
    from dashboard import filing, governed

    archive = place_of(home).archive
    scope = before = filing.scope_of(archive, model)
    left: set[str] = set()
    try:
        while question := next((one for one in open_questions(scope) if one.id not in left), None):
            said = _asked(question)
            if not said:
                left.add(question.id)
                continue
            try:
                scope = answered({question.id: filing.parted(question.id, said)}, scope)
            except (LookupError, ValueError) as why:
                typer.echo(str(why), err=True)
    except EOFError:
        typer.echo("")
    finally:
        if scope != before:
            governed.done(filing.keep_scope(archive, model, scope), False)


def _asked(question: Question) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    console.print(f"\n{question.text} ({question.cites})")
    for option in question.options:
        console.print(f"  {option.id}: {option.text}")
    several = ", several with commas" if question.kind == "many" else ""
    return console.input(Text(f"{question.id}{several}> ")).strip()


@app.command()
@plainly
def answer(
    model: Model,
    answers: Annotated[list[str], typer.Argument(help="QUESTION=ANSWER, several answers with commas.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Answer questions of the interview; what was answered before stays."""
    from dashboard import filing, governed

    pairs = [one.partition("=") for one in answers]
    wrong = next((name for name, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no answer; write QUESTION=ANSWER, such as profiling=no.")
    governed.done(filing.answer(place_of(home).archive, model, {name: value for name, _, value in pairs}), json)


@app.command()
@plainly
def show(model: Model, home: Home = None, json: Json = False) -> None:
    """Show what was answered and what is open."""
    from dashboard import filing, governed

    archive = place_of(home).archive
    governed.scope(filing.scope_of(archive, model), [one.id for one in filing.open_of(archive, model)], json)
