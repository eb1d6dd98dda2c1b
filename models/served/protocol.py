"""What the endpoint asks of a protocol, and the Open Inference Protocol.

Sources: KServe, Open Inference Protocol, REST (``inference_rest.md``), as Triton, MLServer and KServe speak it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

from models.served.answer import Answer, EndpointFailed, answer, cut, kind, listed
from models.served.tensor import Inputs, Tensor, fitted


@dataclass(frozen=True)
class Metadata:
    """What a server says about a model; what it does not say is empty."""

    name: str | None = None
    versions: tuple[str, ...] = ()
    platform: str | None = None
    inputs: tuple[Tensor, ...] = ()
    """Names, datatypes and shapes; without values."""

    @property
    def version(self) -> str | None:
        """The version, where there is only one."""
        return self.versions[0] if len(self.versions) == 1 else None


class Wire(Protocol):
    """What the endpoint asks of a protocol."""

    @property
    def title(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def header(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def paths(self) -> tuple[str | None, str | None, str]: ...
    def metadata(self, found: object) -> Metadata: ...
    def body(self, inputs: Inputs, metadata: Metadata) -> object: ...
    def read(self, found: object) -> Answer: ...


@dataclass(frozen=True)
class OpenInference:
    """Open Inference Protocol v2, as KServe, Triton and MLServer speak it, over JSON.

    A table is sent as one tensor a column, or as one matrix where the server's metadata say that the model takes one
    (then the order of the columns is the table's); an array or texts as one tensor. Missing values are sent as null.
    """

    model: str
    version: str | None = None
    """Ask this version; left out, whichever the server chooses (and it must not change)."""
    output: str | None = None
    """Name of the output with the probabilities, such as MLServer's ``predict_proba``; left out, the only one there is."""
    classes: tuple[str, ...] = ()
    """Names of the classes, in the order of the columns."""
    parameters: dict[str, str | int | float | bool] = field(default_factory=dict)
    """Sent with each request; MLServer takes tables with ``{"content_type": "pd"}``."""
    header: str = "x-model-version"
    """Header of an answer that names the version."""

    title: ClassVar[str] = "Open Inference Protocol v2 (REST)"

    @property
    def paths(self) -> tuple[str | None, str | None, str]:
        """Of metadata, readiness and inference, below the server's address."""
        place = f"v2/models/{quote(self.model, safe='')}"
        place += f"/versions/{quote(self.version, safe='')}" if self.version else ""
        return place, f"{place}/ready", f"{place}/infer"

    def metadata(self, found: object) -> Metadata:
        """From the metadata a server gives; raises ``EndpointFailed`` where they are none."""
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise EndpointFailed(
                f"the metadata are {kind(found)}; right would be an object with name, versions and inputs"
            )
        versions = found.get("versions") or []
        inputs = found.get("inputs") or []
        if not isinstance(versions, list) or not isinstance(inputs, list):
            raise EndpointFailed("the metadata's versions or inputs are no lists; right would be lists")
        said = (self.version,) if self.version else tuple(str(one) for one in versions)
        return Metadata(found["name"], said, text(found.get("platform")), tuple(map(_input, inputs)))

    def body(self, inputs: Inputs, metadata: Metadata) -> object:
        """The body of an inference request; raises ``EndpointFailed`` where the inputs are not what the server takes."""
        body: dict[str, object] = {"inputs": [tensor.body() for tensor in fitted(inputs, metadata.inputs)]}
        if self.output:
            body["outputs"] = [{"name": self.output}]
        return body | ({"parameters": self.parameters} if self.parameters else {})

    def read(self, found: object) -> Answer:
        """The scores in an answer. Floating point is probabilities or P(second class); whole numbers and texts, labels.

        Raises ``EndpointFailed`` where there is no such output or it is not what it says.
        """
        if not isinstance(found, dict) or not isinstance(found.get("outputs"), list):
            raise EndpointFailed(f"the answer is {kind(found)}; right would be an object with a list of outputs")
        output = self._output(found["outputs"])
        name, datatype, shape = output.get("name"), output.get("datatype"), output.get("shape")
        if not isinstance(shape, list) or not all(type(one) is int and one >= 0 for one in shape):
            raise EndpointFailed(
                f"output {cut(name)} has the shape {cut(shape)}; right would be a list of whole numbers"
            )
        source = f"output {cut(name)} ({cut(datatype)}, n x {shape[1] if len(shape) > 1 else 1})"
        labels = str(datatype).startswith(("INT", "UINT"))
        read = answer(output.get("data"), source, shape=tuple(shape), labels=labels)
        said = text(found.get("model_version")), text(found.get("model_name"))
        return Answer(read.kind, read.values, source, version=said[0], name=said[1])

    def _output(self, outputs: list[Any]) -> dict[str, Any]:
        outputs = [one for one in outputs if isinstance(one, dict)]
        names = [str(one.get("name")) for one in outputs]
        if self.output:
            outputs = [one for one in outputs if one.get("name") == self.output]
        if len(outputs) > 1:
            outputs = [one for one in outputs if str(one.get("datatype")).startswith(("FP", "BF"))]
        if len(outputs) != 1:
            wanted = (
                f"output {self.output}" if self.output else "one output of probabilities, or a protocol that names it"
            )
            raise EndpointFailed(f"the answer has the outputs {listed(names) or 'none'}; right would be {wanted}")
        return outputs[0]


def _input(found: object) -> Tensor:
    if (
        not isinstance(found, dict)
        or not isinstance(found.get("name"), str)
        or not isinstance(found.get("shape"), list)
    ):
        raise EndpointFailed(
            f"the metadata describe an input by {kind(found)}; right would be name, datatype and shape"
        )
    return Tensor(found["name"], str(found.get("datatype")), tuple(found["shape"]))


def text(found: object) -> str | None:
    """Names and versions as text; null and empty ones are none."""
    return str(found) if isinstance(found, str | int | float) and str(found) else None
