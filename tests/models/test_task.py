"""Tasks as declared: complete, and readable errors where they are not."""

from pathlib import Path

import pytest

from models import task, zoo
from models.data import source
from models.task import UnknownName


@pytest.mark.parametrize("name", task.names())
def test_every_shipped_task_names_things_that_exist(name: str) -> None:
    declared = task.read(name)
    assert declared.architecture in zoo.names()
    assert declared.dataset in source.names()
    assert set(declared.groups) <= {group for group, _ in source.datasheet(declared.dataset).groups}
    assert all(margin.reason and margin.limit > 0 for margin in declared.margins)


def test_an_unknown_task_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no task 'mortage'\. Did you mean 'mortgage'"):
        task.read("mortage")


def test_a_bad_task_file_is_named_with_its_bad_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "FOLDER", tmp_path)
    shipped = (Path(task.__file__).parent / "tasks" / "digits.toml").read_text()
    (tmp_path / "odd.toml").write_text(shipped.replace("epochs = 5", "epochs = 0"))
    with pytest.raises(ValueError, match=r"odd\.toml[\s\S]*training\.epochs"):
        task.read("odd")
    (tmp_path / "odd.toml").write_text("title = ")
    with pytest.raises(ValueError, match=r"odd\.toml cannot be read"):
        task.read("odd")


def test_margins_are_found_by_measure() -> None:
    mortgage = task.read("mortgage")
    margin = mortgage.margin("fairness.performance_gap")
    assert margin is not None
    assert margin.limit == 0.10
    assert mortgage.margin("nothing") is None
