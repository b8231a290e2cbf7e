"""A model small enough to train in a test."""

TINY_WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e loss nan batch ##es ##s size the is 显 存 不 足 怎 么 办 ? . , привет"
)
