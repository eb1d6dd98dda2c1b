"""What the commands of the terminal share: their options, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dashboard.work import Tell

PASSED, NOT_PASSED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the archive (default: ANSWERABLE_HOME).", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
PolicyName = Annotated[str, typer.Option("--policy", help="A shipped policy or a TOML file.")]


def plainly(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Bad input is one sentence and exit code 2; an interruption is 130; nobody sees a traceback for either."""

    @wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return verb(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            typer.echo("Interrupted. What was finished is kept; type the same again to go on.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except ImportError as why:
            typer.echo(f"answerable: {_lacking(why) if why.name else why}", err=True)
            raise typer.Exit(WRONG_USE) from None
        except Exception as why:
            code = _exit_code(why)
            if code is None:
                raise
            from dashboard import figures

            typer.echo(f"answerable: {figures.printable(str(why))}", err=True)
            raise typer.Exit(code) from None

    return run


def _lacking(why: ImportError) -> str:
    """What to do about a module that is not there."""
    room = str(why.name).partition(".")[0]
    if room in ("models", "audit", "storage", "dashboard"):
        return f"a folder called {room!r} hides Answerable's package of that name: rename it, or start elsewhere."
    return f"this needs {why.name}. Type: pip install 'answerable[bring]'"


def _exit_code(why: Exception) -> int | None:
    """What a failure is to the user; ``None`` for a mistake of ours, which must be seen whole."""
    from dashboard.work import Cancelled
    from storage.errors import StoreError
    from storage.jobs import LostLease

    if isinstance(why, Cancelled):
        return INTERRUPTED
    if isinstance(why, KeyError | IndexError | UnicodeError):
        return None
    theirs = (StoreError, LostLease, ValueError, LookupError, OSError)
    return WRONG_USE if isinstance(why, theirs) else None


@contextmanager
def telling(quiet: bool = False) -> Iterator[Tell]:
    """A progress line on the terminal's error stream; a line per step where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        yield lambda text, done, total: console.print(f"[{done}/{total}] {text}", markup=False, highlight=False)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("starting", total=None)
        yield lambda text, done, total: progress.update(
            line, description=text[:70], completed=done, total=total or None
        )


def place_of(home: Path | None) -> Any:
    from dashboard.verbs import place

    return place(home)
