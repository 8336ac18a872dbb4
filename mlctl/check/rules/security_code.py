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
# patterns are compiled where they are first used: a commit hook imports this and seldom needs them
MODEL = (
    r"(?i)model|clf|classifier|regressor|estimator|pipeline|scaler|encoder|vectori[sz]er|tokeni[sz]er|weights|checkpoint"
    r"|\bckpt|predictor"
)
BESIDE = (
    r"(?i)models?_?(dir|directory|folder|root|type|params|config)\w*|(models?|pipelines?|encoders?|checkpoints?|weights)_?"
    r"(results?|metrics?|scores?|inputs?|outputs?|histor(y|ies)|predictions?|params|parameters|config|data|info|names|columns|stats)\b"
)
CACHE = r"(?i)cache|feature"
HUBS = r"(transformers|datasets|huggingface_hub|diffusers|sentence_transformers|peft|timm)\."
FETCH = frozenset(("from_pretrained", "load_dataset", "hf_hub_download", "snapshot_download", "pipeline"))
LOCAL = (
    r"(?i)\.(csv|json|parquet|txt|pt|bin|model)$|^(csv|json|parquet|text|arrow|imagefolder|audiofolder|generator|pandas|xml)$"
    r"|^(outputs?|models?|checkpoints?|ckpts?|results?|data|datasets?|weights|runs|logs|artifacts?|tmp|exps?|experiments|path|saved\w*"
    r"|pretrained\w*|trained\w*|fine_?tuned\w*|assets|resources|my_\w+|\w*_(model|tokenizer|checkpoint|dir|path))(/|$)"
)
CANONICAL = (
    r"(?i)(distil|open)?-?(gpt|gpt2|bert|roberta|xlm|xlnet|albert|camembert|t5|ctrl|transfo)\b"
    r"|(distil|xlm-?)\w+-|allegro"
)
FOLDERS = frozenset(("train", "test", "corpus", "dataset", "raw", "processed"))
NAME = r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?\Z"


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
        "import pickle\nvocab = pickle.load(open(join(model_dir, 'vocab.pkl'), 'rb'))",
        "import pickle\nresults = pickle.load(open('model_results.pkl', 'rb'))",
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
        if name == "torch.load" and constant(keyword(call, "weights_only")) is False and not re.search(CACHE, told):
            yield Finding(source.path, "`torch.load(weights_only=False)` runs what the file says", call.lineno)
        elif name in LOADERS and re.search(MODEL, re.sub(BESIDE, "", told)):
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
        "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained('tokenizer')",
        "from transformers import AutoModel\nAutoModel.from_pretrained('path/to/model')",
        "import datasets\ndatasets.load_dataset('data/processed')",
    ],
    fails=[
        "from transformers import AutoModel\nAutoModel.from_pretrained('org/model')",
        "import datasets\ndatasets.load_dataset('glue', 'sst2')",
        "from transformers import AutoModel\nAutoModel.from_pretrained('distilbert-base-uncased')",
        "from transformers import AutoModel\nAutoModel.from_pretrained(pretrained_model_name_or_path='gpt2')",
        "import datasets\ndatasets.load_dataset(path='imdb')",
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
        if not re.match(HUBS, name) or name.rpartition(".")[2] not in FETCH:
            continue
        if constant(keyword(call, "trust_remote_code")) is True:
            yield Finding(source.path, "`trust_remote_code=True` runs code of the hub's", call.lineno)
        elif _unpinned(name, call):
            yield Finding(source.path, f"'{constant(_what(call))}' is fetched without a revision", call.lineno)


def _unpinned(name: str, call: ast.Call) -> bool:
    first = constant(_what(call))
    bare = isinstance(first, str) and "/" not in first
    dataset = name.endswith("load_dataset")
    known = isinstance(first, str) and re.match(NAME, first) and not re.search(LOCAL, first)
    known = known and (not bare or (first not in FOLDERS if dataset else bool(re.match(CANONICAL, str(first)))))
    return (
        bool(known)
        and not name.endswith(".pipeline")
        and not keyword(call, "revision", "data_files", "data_dir", "local_files_only")
        and not spread(call)
    )


def _what(call: ast.Call) -> ast.expr | None:
    """Return what a call fetches."""
    return call.args[0] if call.args else keyword(call, "pretrained_model_name_or_path", "path", "repo_id")
