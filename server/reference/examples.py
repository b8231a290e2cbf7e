"""The answer that the examples of every protocol show."""

from __future__ import annotations

ID = "faq_2021_s1/Q1.3"
QUESTION = "Training in Docker stops with a bus error. What is missing?"
SENTENCE = "Start the container with --shm-size=8g."
ANSWER = f"The data loader's workers share batches through /dev/shm, which Docker limits to 64 MB. {SENTENCE}"
SHA256 = "9f2c8a1e5b7d4c3f6a0e1d2b3c4f5a6978877665544332211000ffeeddccbbaa"
SNAPSHOT = "20261105T080000Z-3f9c0d5e7a1b"
TOKEN = "WzE3OTM4NjU2MDAsIm4wbmNlIl0.c2lnbmF0dXJl"
URL = f"/q/{ID}"
CHECK_ENTRY = {
    "id": "shm",
    "title": "Is there enough shared memory for the data loader?",
    "titles": {},
    "command": "faq check run shm",
    "url": "/checks/shm.py",
    "sha256": SHA256,
}
FOLLOW_UPS = [
    {"kind": "check", "id": "shm", "text": CHECK_ENTRY["title"], "url": CHECK_ENTRY["url"]},
    {
        "kind": "topic",
        "id": "faq_2021_s1/Q1.4",
        "text": "Why is the C++ program slow at first?",
        "url": "/q/faq_2021_s1/Q1.4",
    },
]
