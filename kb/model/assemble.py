"""The SentenceTransformer that multilingual-e5-small was published as: it is tuned, and references come from it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from faqkb.kb.bundled.adapter import Adapter
from faqkb.kb.bundled.tensors import bert_names
from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import E5_PREFIXES, BundledWeights
from faqkb.kb.errors import ModelDamaged

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_TABLES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
}


def assemble_e5(weights: BundledWeights) -> SentenceTransformer:
    """Return BERT, mean pooling and normalisation, with e5's prompts."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="faqkb-model-") as folder:
        build_bert(weights).save_pretrained(folder)
        _fast_tokenizer(weights).save_pretrained(folder)
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
    names = {
        f"{ours}.{own}": f"{theirs}.{bert}"
        for ours, theirs in bert_names(weights.config.layers).items()
        for own, bert in (("w", "weight"), ("b", "bias"))
    }
    for theirs, ours in (names | _TABLES).items():
        state[ours] = torch.from_numpy(weights.tensors[theirs].unpack()).reshape(state[ours].shape)
    bert.load_state_dict(state)
    return bert


def apply_adapter(model: SentenceTransformer, adapter: Adapter) -> None:
    """Add an adapter to a model's weights, in place. Raises ModelDamaged when it is of another architecture."""
    import torch  # noqa: PLC0415

    encoder = model[0].auto_model
    for name, layer in adapter.items():
        try:
            weight = encoder.get_submodule(name).weight
            with torch.no_grad():
                weight += torch.from_numpy(layer.product())
        except (AttributeError, RuntimeError) as error:
            raise ModelDamaged(f"adapter: the model has no fitting layer {name} ({error})") from error


def _fast_tokenizer(weights: BundledWeights) -> Any:
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    return PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(weights),
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
