"""Build the SentenceTransformer that multilingual-e5-small was published as, from the bundled weights."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faqkb.kb.model.bundled_weights import BundledWeights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

E5_PREFIXES = ("query: ", "passage: ")  # Multilingual E5 report, arXiv 2402.05672


def assemble_e5(weights: BundledWeights, scratch: Path | None = None) -> SentenceTransformer:
    """Return BERT, mean pooling and normalisation, with e5's prompts; `scratch` is for files of half a gigabyte."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="faqkb-model-", dir=scratch) as folder:
        build_bert(weights).save_pretrained(folder)
        build_tokenizer(weights).save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=weights.config.positions)
    pooling = Pooling(weights.config.hidden, pooling_mode="mean")
    query, passage = E5_PREFIXES
    prompts = {"query": query, "passage": passage, "document": passage}
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], prompts=prompts, device="cpu")


def build_bert(weights: BundledWeights) -> Any:
    """Return a transformers BertModel with the weights."""
    import torch  # noqa: PLC0415
    from transformers import BertConfig, BertModel  # noqa: PLC0415

    config = BertConfig(
        vocab_size=weights.config.vocabulary,
        hidden_size=weights.config.hidden,
        num_hidden_layers=weights.config.layers,
        num_attention_heads=weights.config.heads,
        intermediate_size=weights.config.intermediate,
        max_position_embeddings=weights.config.positions,
        type_vocab_size=weights.config.token_types,
        layer_norm_eps=weights.config.layer_norm_eps,
        hidden_act="gelu",
        pad_token_id=1,
    )
    bert = BertModel(config, add_pooling_layer=False).eval()
    state = bert.state_dict()
    for theirs, ours in _bert_names(weights.config.layers).items():
        state[ours] = torch.from_numpy(weights.tensors[theirs]).reshape(state[ours].shape)
    bert.load_state_dict(state)
    return bert


def _bert_names(layers: int) -> dict[str, str]:
    """Return the weights file's tensor names mapped to BertModel's."""
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(layers):
        for theirs, ours in parts.items():
            names[f"l{layer}.{theirs}.w"] = f"encoder.layer.{layer}.{ours}.weight"
            names[f"l{layer}.{theirs}.b"] = f"encoder.layer.{layer}.{ours}.bias"
    return names


def build_tokenizer(weights: BundledWeights) -> Any:
    """Build XLM-R's tokenizer: Unigram over the pieces, each white-space word led by `▁`."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

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
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        model_max_length=weights.config.positions,
        model_input_names=["input_ids", "attention_mask"],
    )
