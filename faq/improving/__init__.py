"""The commands of a maintainer who makes a FAQ better from what was asked: `faq gaps`, `faq improve`."""
