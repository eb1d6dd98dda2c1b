"""Which format a file or folder of somebody else's model is, told from its name and its first bytes."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from models.load import CARD, Corrupted, Refused

FILES = {
    ".onnx": "onnx",
    ".pt2": "pt2",
    ".pt": "torch",
    ".pth": "torch",
    ".skops": "skops",
    ".json": "xgboost",
    ".ubj": "xgboost",
    ".xgb": "xgboost",
    ".txt": "lightgbm",
    ".lgb": "lightgbm",
}
STARTS: dict[str, tuple[bytes, ...]] = {
    "pt2": (b"PK",),
    "torch": (b"PK", b"\x80"),
    "skops": (b"PK",),
    "xgboost": (b"{",),
    "lightgbm": (b"tree\n",),
}
PICKLES = frozenset({".bin", ".ckpt", ".cloudpickle", ".dill", ".joblib", ".pickle", ".pkl", ".sav"})
ADVICE = {
    ".h5": "convert it: tf2onnx, or model.export('model.onnx', format='onnx') in Keras 3",
    ".keras": "convert it: model.export('model.onnx', format='onnx') in Keras 3",
    ".pb": "convert it: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx",
    ".tflite": "convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx",
    ".safetensors": "give the Hugging Face folder with its config.json",
    ".zip": "unpack it and give the model in it",
    ".gz": "unpack it and give the model in it",
    ".tar": "unpack it and give the model in it",
}
CONVERT = (
    "Where you trust its origin, read it somewhere apart and save it in a format that holds numbers only: "
    "skops.io.dump(model, 'model.skops') for scikit-learn, save_model('model.ubj') for XGBoost, "
    "booster_.save_model('model.txt') for LightGBM, torch.save(model.state_dict(), 'weights.pt') for torch."
)
READ = "ONNX, torch.export (.pt2), torch weights (.pt, .pth), skops, XGBoost (.json, .ubj), LightGBM (.txt), and folders of Hugging Face and MLflow"
MOST_RATIO = 200
MOST_MEMBERS = 100_000
MEBIBYTE = 1 << 20


def recognise(path: Path) -> str:
    """Name of the format: onnx, pt2, torch, skops, xgboost, lightgbm, huggingface or mlflow.

    Raises ``FileNotFoundError``, ``Refused`` for what runs code when it is read or is no model, and ``Corrupted`` for a
    file that is empty or does not begin as its name says.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    if not path.is_dir() and not path.is_file():
        raise Refused(f"{path.name} is neither a file nor a folder.")
    return _of_folder(path) if path.is_dir() else _of_file(path)


def _of_folder(path: Path) -> str:
    if (path / "MLmodel").is_file():
        return "mlflow"
    if (path / "config.json").is_file():
        return "huggingface"
    if (path / CARD).is_file():
        raise Refused(f"{path.name} is a version trained here, not somebody else's model; load it as such.")
    if (path / "saved_model.pb").is_file():
        raise Refused(f"{path.name} was not opened: {ADVICE['.pb']}.")
    raise Refused(f"{path.name} is no folder of a model: it has neither MLmodel nor config.json. Read are {READ}.")


def _of_file(path: Path) -> str:
    suffix = path.suffix.lower()
    with path.open("rb") as content:
        start = content.read(8)
    if suffix in PICKLES:
        raise Refused(f"{path.name} was not opened: {suffix} files are pickles, which can run code. {CONVERT}")
    if not start:
        raise Corrupted(f"{path.name} is empty; copy or save it again.")
    if suffix in ADVICE:
        raise Refused(f"{path.name} was not opened: {ADVICE[suffix]}.")
    if suffix not in FILES:
        raise Refused(f"{path.name} was not opened: {suffix or 'a file without suffix'} is not known. Read are {READ}.")
    if start[:1] == b"\x80" and FILES[suffix] != "torch":
        raise Refused(
            f"{path.name} was not opened: it is a pickle, whatever its name says, and can run code. {CONVERT}"
        )
    if not start.startswith(STARTS.get(FILES[suffix], (b"",))):
        raise Corrupted(
            f"{path.name} does not begin as a {suffix} file does; copy it again, or give it its right name."
        )
    return FILES[suffix]


def check_archive(path: Path, most: int) -> None:
    """Raises ``Refused`` or ``Corrupted`` for a zip archive that is broken, reaches outside, or would fill the memory.

    ``most`` is what it may unpack to, in MiB.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Corrupted(f"{path.name} is no complete zip archive, it may be cut off; copy or save it again.") from None
    total, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if len(members) > MOST_MEMBERS or total > most * MEBIBYTE:
        raise Refused(
            f"{path.name} was not opened: it unpacks to {total / MEBIBYTE:,.0f} MiB in {len(members):,} files, and the "
            f"limit is {most:,} MiB in {MOST_MEMBERS:,}; raise the memory limit where you trust it."
        )
    if total > MEBIBYTE and total > MOST_RATIO * max(packed, 1):
        raise Refused(f"{path.name} was not opened: it unpacks to {total // max(packed, 1)} times its size.")
    if len({one.filename for one in members}) < len(members):
        raise Refused(f"{path.name} was not opened: it names the same file twice.")
    for one in members:
        if _reaches_outside(one):
            raise Refused(f"{path.name} was not opened: {one.filename[:80]!r} in it reaches outside of it.")


def _reaches_outside(member: zipfile.ZipInfo) -> bool:
    place = PurePosixPath(member.filename)
    linked = stat.S_ISLNK(member.external_attr >> 16)
    return linked or place.is_absolute() or ".." in place.parts or "\\" in member.filename or ":" in member.filename


def within(folder: Path, name: str) -> Path:
    """A file that a folder names; raises ``Refused`` where it lies outside and ``Corrupted`` where it is missing."""
    place = folder / name
    if Path(name).is_absolute() or not place.resolve().is_relative_to(folder.resolve()):
        raise Refused(
            f"{folder.name} was not opened: {name!r} lies outside of it (links count as where they lead); copy the "
            "folder with its links followed (cp -rL)."
        )
    if not place.is_file() and not place.is_dir():
        raise Corrupted(f"{folder.name} is incomplete: {name} is missing, or no file.")
    return place
