"""XLM-R's tokenizer, built from the pieces of the weights file."""

from __future__ import annotations

from typing import Any

from faqkb.kb.bundled.weights import BundledWeights

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def build_tokenizer(weights: BundledWeights) -> Any:
    """Return a `tokenizers.Tokenizer`: Unigram over the pieces, each white-space word led by `▁`."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415  # noqa: PLC0415

    vocabulary = [(piece.text, piece.score) for piece in weights.pieces]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    # Nmt drops control characters and makes zero-width ones a space, as the normaliser in the weights file does.
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    words = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(words)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    return tokenizer
