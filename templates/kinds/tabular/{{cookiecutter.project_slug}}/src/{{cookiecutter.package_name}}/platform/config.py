"""The team's settings (params.yml, gate.yml, datasets.yml) and the folders a project works in."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ProjectError

PACKAGE = __package__.rpartition(".")[0]
HOME = Path(__file__).parents[1]
Task = Literal["binary", "multiclass", "regression"]
Share = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseModel):
    """Read once, never changed; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitBy(Settings):
    """How the hold-out is taken."""

    by: Literal["time", "group", "random"] = "random"
    holdout: Annotated[float, Field(ge=0.05, le=0.5)] = 0.2


class Costs(Settings):
    """What a wrong decision costs, in any unit."""

    false_positive: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    false_negative: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @property
    def balance(self) -> float:
        """The threshold that costs least where probabilities are true."""
        return self.false_positive / (self.false_positive + self.false_negative)


class Params(Settings):
    """params.yml; `merge` names classes that are learnt as one, `{other: [rare, rarer]}`."""

    task: Task
    target: str
    positive: str | int | bool | None = None
    merge: dict[str, tuple[str, ...]] = {}
    threshold: Share = 0.5
    costs: Costs | None = None
    calibration: Literal["none", "sigmoid", "isotonic"] = "none"
    time: str | None = None
    entity: str | None = None
    group: str | None = None
    exclude: tuple[str, ...] = ()
    split: SplitBy = SplitBy()
    folds: Annotated[int, Field(ge=2, le=20)] = 3
    seed: int = 0
    allow_leak: tuple[str, ...] = ()


class Baseline(Settings):
    """How much better than guessing."""

    margin: Annotated[float, Field(ge=0)] = 0.0


class Champion(Settings):
    """When a challenger counts as worse than the champion."""

    tolerance: Annotated[float, Field(ge=0)] = 0.0
    confidence: Share = 0.8
    resamples: Annotated[int, Field(ge=50, le=10_000)] = 500


class Slices(Settings):
    """The parts of the hold-out that are judged alone: by a floor, or against guessing there."""

    columns: tuple[str, ...] = ()
    minimum: Annotated[int, Field(ge=10)] = 50
    floor: float | None = None
    tolerance: Annotated[float, Field(ge=0)] | None = None


class Latency(Settings):
    """The time one row may take."""

    p95_ms: Annotated[float, Field(gt=0)]


class Gate(Settings):
    """gate.yml; a part that is left out or null is not judged."""

    metric: str
    floors: dict[str, float] = {}
    baseline: Baseline | None = Baseline()
    champion: Champion | None = Champion()
    slices: Slices = Slices()
    latency: Latency | None = None


class Csv(Settings):
    """How a CSV file is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'", "\u00a0", "\u202f"] = ""
    missing: tuple[str, ...] = ()  # words for no value, beside NA, null and their like


class Dataset(Settings):
    """One data set of datasets.yml; what `stands_for` another is for rehearsals without it."""

    uri: str
    sha256: str | None = None
    csv: Csv = Csv()
    schema_: str = Field(alias="schema", default="CONTRACT")
    pii: bool
    retention: str
    synthetic: bool = False
    stands_for: str | None = None
    label_delay_days: Annotated[int, Field(ge=0)] = 0


class Datasets(Settings):
    """datasets.yml."""

    training: str
    datasets: dict[str, Dataset]


Model = TypeVar("Model", bound=Settings)


def params() -> Params:
    """The settings of params.yml."""
    found = _read(HOME / "params.yml", Params)
    wants = {"time": found.time, "group": found.group or found.entity, "random": "-"}
    if not wants[found.split.by]:
        raise ProjectError(
            f"params.yml: split.by is {found.split.by}, but no {found.split.by} column is named",
            f"name it (`{found.split.by}: COLUMN`), or split by random",
        )
    if found.task == "binary" and found.positive is None:
        raise ProjectError(
            "params.yml: a binary task needs `positive`", "name the class whose probability counts"
        )
    return _weighed(found) if found.costs else found


def _weighed(found: Params) -> Params:
    """The threshold of the costs, until training chooses by what the model says."""
    assert found.costs
    if found.task != "binary":
        raise ProjectError(
            f"params.yml: a {found.task} task has no threshold that `costs` could choose",
            "delete `costs`: they weigh the two errors of a binary task",
        )
    if "threshold" in found.model_fields_set:
        raise ProjectError(
            "params.yml: `threshold` and `costs` both say from which probability on to act",
            "keep `costs` to have the threshold chosen, or `threshold` to fix it",
        )
    return found.model_copy(update={"threshold": found.costs.balance})


def gate() -> Gate:
    """The settings of gate.yml."""
    return _read(HOME / "gate.yml", Gate)


def datasets() -> Datasets:
    """The settings of datasets.yml."""
    found = _read(HOME / "datasets.yml", Datasets)
    if found.training not in found.datasets:
        raise ProjectError(
            f"datasets.yml: the training data set {found.training!r} is not described",
            f"add it under `datasets:`, or name one of {', '.join(found.datasets)}",
        )
    return found


def _read(path: Path, model: type[Model]) -> Model:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(document)
    except OSError:
        raise ProjectError(f"{path} is missing", f"restore {path.name}") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        what = getattr(error, "problem", None) or "this"
        sentence = f"{path.name}, line {line}: not YAML: {what}"
        raise ProjectError(sentence, "mend that line or the one before") from None
    except ValidationError as errors:
        raise _refused(path, model, errors) from None


def _refused(path: Path, model: type[Model], errors: ValidationError) -> ProjectError:
    found = errors.errors()
    # A misspelt key is also a missing one: the misspelling is what to mend.
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    if not first["loc"]:
        return ProjectError(f"{path.name} holds no settings", f"write `key: value` lines in {path}")
    where = ".".join(map(str, first["loc"]))
    if first["type"] != "extra_forbidden":
        return ProjectError(f"{path.name}: {where}: {first['msg'].lower()}", f"mend it in {path}")
    known = list(model.model_fields) if len(first["loc"]) == 1 else []
    close = get_close_matches(where, known, 1)
    meant = f"did you mean `{close[0]}`? " if close else ""
    return ProjectError(f"{path.name}: {where}: there is no such key", f"{meant}mend it in {path}")


@dataclass(frozen=True)
class Workspace:
    """Where a project keeps what it makes."""

    root: Path
    build: Path

    @classmethod
    def here(cls) -> "Workspace":
        """The workspace of the project around the current folder."""
        around = [Path.cwd(), *Path.cwd().parents]
        root = next((path for path in around if (path / "pyproject.toml").is_file()), around[0])
        return cls(root, root / "build")

    @property
    def challenger(self) -> Path:
        """The bundle `train` wrote."""
        return self.build / "challenger"

    @property
    def champion(self) -> Path:
        """The bundle `promote` put in force."""
        return self.build / "champion"

    @property
    def archive(self) -> Path:
        """Earlier champions, a folder for each version."""
        return self.build / "archive"

    @property
    def rehearsal(self) -> bool:
        """Whether nothing of this may reach the project's own state."""
        return self.build != self.root / "build"

    @property
    def store(self) -> Path:
        """The folder of the tracking store."""
        return self.build if self.rehearsal else self.root
