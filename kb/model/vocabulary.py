"""Keep the part of a tokenizer's vocabulary that the wanted languages can use, and renumber it.

A piece with a letter of a script that is not kept can only match text with that letter. Dropping it therefore leaves
the tokens of all other text exactly as they were (held by tests), and drops half of the model file: every other row
of multilingual-e5-small is for scripts that a Chinese and English FAQ never shows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faqkb.kb.model.languages import ALL_LANGUAGES, piece_speaker
from faqkb.kb.prepared.names import PIECES_FILE, SCORES_FILE, TOKENIZER_FILE


@dataclass(frozen=True, slots=True)
class PrunedVocabulary:
    """A tokenizer with fewer pieces, and the embedding rows that belong to them."""

    tokenizer: str
    """The text of tokenizer.json, without padding or truncation."""
    kept: tuple[int, ...]
    """For each new token id the id it had before, ascending."""
    pruned: bool
    """False when everything was kept: asked for, or a tokenizer of a kind that cannot be pruned."""


def prune_vocabulary(tokenizer: str, languages: Sequence[str]) -> PrunedVocabulary:
    """Drop the pieces that text of these languages cannot hold from a tokenizer.json, and renumber the rest.

    Unigram and WordPiece can be pruned; others (byte-level BPE builds pieces of pieces) keep everything.
    """
    document = json.loads(tokenizer)
    document["padding"] = document["truncation"] = None  # the encoder's business
    pieces = _pieces(document["model"])
    size = 1 + max([*pieces, *(token["id"] for token in document["added_tokens"])])
    if document["model"]["type"] not in ("Unigram", "WordPiece") or ALL_LANGUAGES in languages:
        return PrunedVocabulary(_to_text(document), tuple(range(size)), pruned=False)
    speaks = piece_speaker(languages)
    kept = sorted({number for number, piece in pieces.items() if speaks(piece)} | _indispensable(document))
    _keep(document, kept)
    return PrunedVocabulary(_to_text(document), tuple(kept), pruned=len(kept) < size)


def write_tokenizer(folder: Path, tokenizer: str) -> None:
    """Write a tokenizer.json into a folder, with the pieces of a Unigram in files of their own where that can be."""
    document = json.loads(tokenizer)
    model = document["model"]
    if model["type"] == "Unigram" and model["unk_id"] is not None and not model.get("byte_fallback"):
        texts, scores = zip(*model["vocab"], strict=True)
        if len(set(texts)) == len(texts) and all(text and "\n" not in text for text in texts):
            (folder / PIECES_FILE).write_text("\n".join(texts), encoding="utf-8", newline="\n")
            (folder / SCORES_FILE).write_bytes(np.array(scores, dtype="<f8").tobytes())
            model["vocab"], model["unk_id"] = [model["vocab"][model["unk_id"]]], 0
    (folder / TOKENIZER_FILE).write_text(_to_text(document), encoding="utf-8", newline="\n")


def _pieces(model: dict[str, Any]) -> dict[int, str]:
    """Return every piece of the model by token id."""
    if model["type"] == "Unigram":
        return {number: piece for number, (piece, _) in enumerate(model["vocab"])}
    return {number: piece for piece, number in model["vocab"].items()}


def _indispensable(document: dict[str, Any]) -> set[int]:
    """Return the ids kept whatever the languages: special tokens, and what the model is defined by."""
    kept = {int(token["id"]) for token in document["added_tokens"]}
    model = document["model"]
    if model["type"] == "Unigram":
        scores = [score for _, score in model["vocab"]]
        # An unknown character costs the lowest score and a bit: without that piece other text would split differently.
        return kept | {scores.index(min(scores))} | ({int(model["unk_id"])} if model["unk_id"] is not None else set())
    return kept | {int(model["vocab"][model["unk_token"]])}


def _keep(document: dict[str, Any], kept: Sequence[int]) -> None:
    """Drop all other pieces from a tokenizer.json and number the kept ones from 0, in place."""
    new_ids = {old: new for new, old in enumerate(kept)}
    model = document["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [entry for number, entry in enumerate(model["vocab"]) if number in new_ids]
        model["unk_id"] = new_ids.get(model["unk_id"])
    else:
        model["vocab"] = {piece: new_ids[old] for piece, old in model["vocab"].items() if old in new_ids}
    for token in document["added_tokens"]:
        token["id"] = new_ids[token["id"]]
    for processor in _post_processors(document.get("post_processor")):
        for special in (processor.get("special_tokens") or {}).values():
            special["ids"] = [new_ids[old] for old in special["ids"]]
        for name in ("sep", "cls"):  # BertProcessing and RobertaProcessing hold [token, id]
            if name in processor:
                processor[name] = [processor[name][0], new_ids[processor[name][1]]]


def _post_processors(document: dict[str, Any] | None) -> list[dict[str, Any]]:
    if document is None:
        return []
    return list(document.get("processors") or [document])


def _to_text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
