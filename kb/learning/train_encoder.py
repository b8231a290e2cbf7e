"""Train an adapter on queries whose records are known, so that a question in other words lies near its record.

The training score is the one that ranks later: the cosine of pooled vectors and late interaction, each in a softmax
over the records of a batch and "none of them" (contrastive learning with in-batch and hard negatives; Henderson et al.
2017, arXiv 1705.00652). All records of a batch come from one knowledge base, where the confusable ones are. Queries out
of scope belong to "none": that holds the scores of unrelated questions down.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faqkb.kb.bundled.adapter import Adapter, LowRank
from faqkb.kb.model.source import Prefixes

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

RANK = 8  # 0.7 million numbers, 1.3 MB
_RATE = 5e-4  # learning rate, falling linearly to a twentieth
_WARM_STEPS = 20
_QUERIES = 16  # in scope, of a batch
_NEGATIVES = 8  # records of a batch that answer none of its queries
_OUTSIDE = 8  # queries of a batch that no record answers
_OUTSIDE_WEIGHT = 0.5
_QUERY_TOKENS = 64
_PIECE_TOKENS = 144
# (cosine, late interaction): three softmaxes, each part alone and both together, at the scale that ranking learned.
_SCALES = ((40.0, 0.0), (0.0, 60.0), (30.0, 60.0))
# Half of what was learned is kept: weights halfway between two models generalise better than either (Wortsman et al.
# 2022, arXiv 2109.01903). On sets never seen: Chinese recall@1 0.65 untrained, 0.73 with all of it, 0.80 with half.
_KEPT = 0.5
_UNRELATED = 0.86  # what unrelated texts score before training: where "none" starts

Progress = Callable[[int, int, float], None]
"""Called with (steps done, steps, mean loss of the last steps)."""


@dataclass(frozen=True, slots=True)
class TuningRecord:
    """A record as it is embedded."""

    wordings: tuple[str, ...]
    """Its question and alternates."""
    pieces: tuple[str, ...]
    """Its answer in pieces, each under the question."""


@dataclass(frozen=True, slots=True)
class TuningQuery:
    """A query and the records that matter to it."""

    text: str
    relevant: tuple[str, ...]
    """Ids of the records that answer it; none when it is out of scope."""
    confusable: tuple[str, ...]
    """Ids of the wrong records that the index finds first: hard negatives."""


@dataclass(frozen=True, slots=True)
class TuningSet:
    """One knowledge base with its labelled queries."""

    records: Mapping[str, TuningRecord]
    """By id."""
    queries: tuple[TuningQuery, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one step looks at."""

    texts: list[str]
    """Queries, those out of scope last."""
    targets: list[int]
    """Which of `records` each query wants; their number for none."""
    also_right: list[tuple[int, int]]
    """(query, record) pairs that are right beside the target: no negatives."""
    records: list[TuningRecord]


def train_adapter(
    model: SentenceTransformer,
    prefixes: Prefixes,
    sets: Sequence[TuningSet],
    *,
    epochs: int,
    progress: Progress,
    seed: int = 0,
) -> Adapter:
    """Return an adapter trained on the sets; the model is left with it inside, not merged, and is not used further.

    Takes about 2.5 s a step of 16 queries on two cores.
    """
    import torch  # noqa: PLC0415

    torch.manual_seed(seed)
    chosen = random.Random(seed)  # noqa: S311 - sampling, not secrets
    layers = _insert_layers(model)
    unrelated = torch.nn.Parameter(torch.tensor([(cosine + late) * _UNRELATED for cosine, late in _SCALES]))
    weights = [parameter for layer in layers.values() for parameter in (layer.down, layer.up)]
    steps = epochs * sum(math.ceil(sum(bool(query.relevant) for query in own.queries) / _QUERIES) for own in sets)
    optimizer = torch.optim.AdamW(
        [{"params": weights, "lr": _RATE, "weight_decay": 0.01}, {"params": [unrelated], "lr": 0.05, "weight_decay": 0}]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / _WARM_STEPS) * max(0.05, 1 - step / max(steps, 1))
    )
    reader = _Reader(model, prefixes)
    losses: list[float] = []
    for batch in (batch for _ in range(epochs) for batch in _batches(sets, chosen)):
        loss = _loss(batch, reader, unrelated, chosen)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss))
        progress(len(losses), steps, float(np.mean(losses[-_WARM_STEPS:])))
    return {name: _learned(layer) for name, layer in layers.items()}


def _learned(layer: Any) -> LowRank:
    """Return what a layer learned, as much of it as is kept."""
    return LowRank(layer.down.detach().half().numpy(), (layer.up.detach() * layer.scale * _KEPT).half().numpy())


def _batches(sets: Sequence[TuningSet], chosen: random.Random) -> Iterator[_Batch]:
    """Yield the batches of one epoch in random order."""
    groups: list[tuple[TuningSet, list[TuningQuery]]] = []
    for own in sets:
        inside = [query for query in own.queries if query.relevant]
        chosen.shuffle(inside)
        groups += [(own, inside[start : start + _QUERIES]) for start in range(0, len(inside), _QUERIES)]
    chosen.shuffle(groups)
    for own, queries in groups:
        yield _batch(own, queries, [other for other in sets if other is not own], chosen)


def _batch(
    own: TuningSet, queries: Sequence[TuningQuery], others: Sequence[TuningSet], chosen: random.Random
) -> _Batch:
    wanted = [chosen.choice(query.relevant) for query in queries]
    right = {record for query in queries for record in query.relevant}
    confusable = [record for query in queries for record in query.confusable if record not in right]
    rest = [record for record in own.records if record not in right]
    negatives = chosen.sample(confusable, min(_NEGATIVES // 2, len(confusable)))
    negatives += chosen.sample(rest, min(_NEGATIVES - len(negatives), len(rest)))
    ids = list(dict.fromkeys((*wanted, *negatives)))
    place = {record: at for at, record in enumerate(ids)}
    outside = _outside(own, others, chosen)
    return _Batch(
        texts=[*(query.text for query in queries), *outside],
        targets=[*(place[record] for record in wanted), *[len(ids)] * len(outside)],
        also_right=[
            (at, place[record])
            for at, query in enumerate(queries)
            for record in query.relevant
            if record in place and record != wanted[at]
        ],
        records=[own.records[record] for record in ids],
    )


def _outside(own: TuningSet, others: Sequence[TuningSet], chosen: random.Random) -> list[str]:
    """Return queries that no record of a set answers: most of them its own, the rest those of other sets."""
    unanswered = [query.text for query in own.queries if not query.relevant]
    texts = chosen.sample(unanswered, min(_OUTSIDE - 2, len(unanswered)))
    elsewhere = [other for other in others if other.queries]
    while elsewhere and len(texts) < _OUTSIDE:
        texts.append(chosen.choice(chosen.choice(elsewhere).queries).text)
    return texts


def _loss(batch: _Batch, reader: _Reader, unrelated: torch.Tensor, chosen: random.Random) -> torch.Tensor:
    """Return the sum over the three softmaxes of the mean cross-entropy."""
    import torch  # noqa: PLC0415

    query = reader.read(batch.texts, reader.prefixes.query, _QUERY_TOKENS)
    wordings = [chosen.choice(record.wordings) for record in batch.records]
    question = reader.read(wordings, reader.prefixes.query, _QUERY_TOKENS)
    pieces = [chosen.choice(record.pieces or record.wordings[:1]) for record in batch.records]
    answer = reader.read(pieces, reader.prefixes.passage, _PIECE_TOKENS)
    cosine = torch.maximum(query.vectors @ question.vectors.T, query.vectors @ answer.vectors.T)
    best = torch.maximum(query.best_matches(question), query.best_matches(answer))
    late = (best * query.mask[:, None, :]).sum(-1) / query.mask.sum(-1)[:, None].clamp(min=1)
    targets = torch.tensor(batch.targets)
    weight = torch.where(targets == len(batch.records), _OUTSIDE_WEIGHT, 1.0)
    total = torch.zeros(())
    for at, (of_cosine, of_late) in enumerate(_SCALES):
        scores = of_cosine * cosine + of_late * late
        scores = torch.cat([scores, unrelated[at].expand(len(scores), 1)], dim=1)
        for row, column in batch.also_right:
            scores[row, column] = -1e4
        entropy = torch.nn.functional.cross_entropy(scores, targets, reduction="none")
        total = total + (entropy * weight).sum() / weight.sum()
    return total


@dataclass(frozen=True, slots=True)
class _Read:
    """Texts as the model sees them."""

    vectors: torch.Tensor
    """(texts, dim), unit rows."""
    tokens: torch.Tensor
    """(texts, tokens, dim), unit rows."""
    mask: torch.Tensor
    """(texts, tokens): 1 for a text's own tokens, neither prompt, special nor padding."""

    def best_matches(self, other: _Read) -> torch.Tensor:
        """Return each token's best cosine in each other text, shape (texts, others, tokens)."""
        import torch  # noqa: PLC0415

        cosines = torch.einsum("qid,rjd->qrij", self.tokens, other.tokens)
        return cosines.masked_fill(~other.mask[None, :, None, :].bool(), -9.0).amax(-1)


class _Reader:
    """Runs the model on texts, with gradients."""

    def __init__(self, model: SentenceTransformer, prefixes: Prefixes) -> None:
        self._tokenizer: Any = model.tokenizer
        self._encoder: Any = model[0].auto_model
        self._after = list(model)[1:]
        self.prefixes = prefixes

    def read(self, texts: Sequence[str], prefix: str, max_tokens: int) -> _Read:
        """Encode texts with a prompt; what is longer is cut."""
        import torch  # noqa: PLC0415

        batch = self._tokenizer(
            [prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=max_tokens,
            return_tensors="pt",
            return_offsets_mapping=True,
        )
        ends = batch.pop("offset_mapping")[..., 1]
        attention = batch["attention_mask"]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self._encoder(input_ids=batch["input_ids"], attention_mask=attention)[0]
        hidden = hidden.float()
        features = {"token_embeddings": hidden, "attention_mask": attention}
        for module in self._after:
            features = module(features)
        return _Read(
            vectors=torch.nn.functional.normalize(features["sentence_embedding"], dim=-1),
            tokens=torch.nn.functional.normalize(hidden, dim=-1),
            mask=((ends > len(prefix)) & attention.bool()).float(),
        )


def _insert_layers(model: SentenceTransformer) -> dict[str, Any]:
    """Put a trainable low-rank layer beside every linear layer of the transformer; return them by name."""
    import torch  # noqa: PLC0415

    class Corrected(torch.nn.Module):  # type: ignore[misc]
        scale = 2.0  # alpha / rank of the LoRA paper

        def __init__(self, layer: torch.nn.Linear) -> None:
            super().__init__()
            self.layer = layer
            self.down = torch.nn.Parameter(torch.randn(RANK, layer.in_features) / math.sqrt(layer.in_features))
            self.up = torch.nn.Parameter(torch.zeros(layer.out_features, RANK))

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return self.layer(given) + (given @ self.down.T) @ self.up.T * self.scale

    encoder = model[0].auto_model.eval()
    for parameter in encoder.parameters():
        parameter.requires_grad_(False)
    corrected = {}
    linear = [
        (name, layer)
        for name, layer in encoder.named_modules()
        if isinstance(layer, torch.nn.Linear) and not name.startswith("pooler")  # BERT's own pooling is not used
    ]
    for name, layer in linear:
        parent, _, own = name.rpartition(".")
        corrected[name] = Corrected(layer)
        setattr(encoder.get_submodule(parent), own, corrected[name])
    return corrected
