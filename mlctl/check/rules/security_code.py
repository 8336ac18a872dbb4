"""Security, one file at a time: models that run code when they are loaded, and hubs that may change under you."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source, constant, keyword, spread

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

LOADERS = frozenset(
    (
        "pickle.load",
        "pickle.loads",
        "cloudpickle.load",
        "cloudpickle.loads",
        "dill.load",
        "joblib.load",
        "sklearn.externals.joblib.load",
    )
)
MODEL = re.compile(
    r"model|clf|classifier|regressor|estimator|pipeline|scaler|encoder|vectori[sz]er|tokeni[sz]er|weights|checkpoint|\bckpt|predictor",
    re.I,
)
CACHE = re.compile(r"cache|feature", re.I)
HUBS = re.compile(r"(transformers|datasets|huggingface_hub|diffusers|sentence_transformers|peft|timm)\.")
FETCH = frozenset(("from_pretrained", "load_dataset", "hf_hub_download", "snapshot_download", "pipeline"))
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?\Z")


@file_rule(
    "SEC102",
    "models are not loaded from pickles",
    words="pickle|joblib|dill|torch.load|weights_only",
    stage="shared",
    passes=[
        "import pickle\nrows = pickle.load(cache)",
        "import torch\ntorch.load(p, weights_only=True)",
        "import skops.io\nskops.io.load(p)",
        "import torch\ntorch.load(p)",
    ],
    fails=[
        "import pickle\nmodel = pickle.load(f)",
        "import joblib\nself.pipeline = joblib.load('a.joblib')",
        "import torch\ntorch.load(p, weights_only=False)",
        "from joblib import load\nreturn_value = load(model_path)",
    ],
)
def models_are_not_pickles(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    Loading a pickle runs whatever whoever wrote it wanted.

    Keep models as skops, safetensors or ONNX; pass `weights_only=True` to `torch.load`.
    """
    if not source.product:
        return
    targets = {id(n.value): ast.unparse(n.targets[0]) for n in ast.walk(source.tree) if isinstance(n, ast.Assign)}
    for name, call in source.calls:
        told = " ".join([targets.get(id(call), ""), *(ast.unparse(one) for one in call.args)])
        if name == "torch.load" and constant(keyword(call, "weights_only")) is False and not CACHE.search(told):
            yield Finding(source.path, "`torch.load(weights_only=False)` runs what the file says", call.lineno)
        elif name in LOADERS and MODEL.search(told):
            yield Finding(source.path, f"`{name}` runs what the model's file says", call.lineno)


@file_rule(
    "SEC109",
    "what comes from a hub is pinned",
    words="from_pretrained|load_dataset|hf_hub_download|snapshot_download|trust_remote_code",
    stage="shared",
    passes=[
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b', revision='0f')",
        "from transformers import AutoModel\nAutoModel.from_pretrained(path)",
        "x.from_pretrained('a/b')",
        "from datasets import load_dataset\nload_dataset('csv', data_files=f)",
        "from transformers import AutoModel\nAutoModel.from_pretrained('./model')",
    ],
    fails=[
        "from transformers import AutoModel\nAutoModel.from_pretrained('org/model')",
        "import datasets\ndatasets.load_dataset('glue', 'sst2')",
        "from transformers import AutoModel\nAutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def hubs_are_pinned(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    The owner of a hub's repository can change it tomorrow, and `trust_remote_code` runs it here.

    Pass `revision=` with a commit, and leave `trust_remote_code` out.
    """
    if not source.product:
        return
    for name, call in source.calls:
        if not HUBS.match(name) or name.rpartition(".")[2] not in FETCH:
            continue
        if constant(keyword(call, "trust_remote_code")) is True:
            yield Finding(source.path, "`trust_remote_code=True` runs code of the hub's", call.lineno)
        elif _unpinned(name, call):
            yield Finding(source.path, f"'{constant(call.args[0])}' is fetched without a revision", call.lineno)


def _unpinned(name: str, call: ast.Call) -> bool:
    first = constant(call.args[0]) if call.args else ...
    local = isinstance(first, str) and re.search(
        r"\.(csv|json|parquet|txt|pt|bin|model)$|^(csv|json|parquet|text|arrow|imagefolder|audiofolder|generator|pandas|outputs?|models?|checkpoints?|results?)(/|$)",
        first,
    )
    known = isinstance(first, str) and NAME.match(first) and not local
    return (
        bool(known)
        and not name.endswith(".pipeline")
        and not keyword(call, "revision", "data_files", "data_dir", "local_files_only")
        and not spread(call)
    )
