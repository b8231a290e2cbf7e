"""QnA Maker 4.0's `generateAnswer`, which bots made before Custom Question Answering ask.

Source: REST API "QnA Maker - Generate Answer", v4.0, and what the class `QnAMaker` of Bot Framework's SDKs sends and
reads (botbuilder-ai 4.23). The same question gets the same answers as by the newer route, in the older form: a score is
the confidence in hundredths, metadata is a list of names and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from faqkb.kb import limits
from faqkb.kb.records import Record
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.azure.answering import TAGS, Found, answers_to
from faqkb.server.azure.bodies import (
    AnswerContext,
    Documented,
    MetadataFilter,
    MetadataRecord,
    Operation,
    QueryBody,
    QueryFilters,
    TagValue,
    asking,
    read_fields,
)
from faqkb.server.azure.errors import QNAMAKER_PATHS
from faqkb.server.azure.ids import NO_RECORD, Numbers, azure_ids

qnamaker = Blueprint("qnamaker", __name__, url_prefix=QNAMAKER_PATHS.rstrip("/"))
_HUNDREDTHS = 100


class StrictFilter(Documented):
    """A pair to look for among the metadata of a record."""

    name: str
    value: TagValue


class GenerateBody(Documented):
    """Body of `POST /qnamaker/knowledgebases/{id}/generateAnswer`."""

    question: str | None = None
    qnaId: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None  # noqa: N815 - QnA Maker's names
    top: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    scoreThreshold: Annotated[float, Field(ge=0, le=_HUNDREDTHS)] | None = None  # noqa: N815
    """In hundredths; up to 1 as a probability, which is what Bot Framework's SDKs send."""
    strictFilters: list[StrictFilter] | None = Field(default=None, max_length=limits.TAGS_MAX)  # noqa: N815
    strictFiltersCompoundOperationType: Operation | None = None  # noqa: N815
    context: AnswerContext | None = None

    def as_query(self) -> QueryBody:
        """Return the same for the newer route."""
        pairs = [MetadataRecord(key=each.name, value=each.value) for each in self.strictFilters or ()]
        tagged = MetadataFilter(metadata=pairs, logicalOperation=self.strictFiltersCompoundOperationType)
        score = self.scoreThreshold
        return QueryBody(
            question=self.question,
            qnaId=self.qnaId,
            top=self.top,
            confidenceScoreThreshold=score if score is None or score <= 1 else score / _HUNDREDTHS,
            context=self.context,
            filters=QueryFilters(metadataFilter=tagged) if pairs else None,
        )


# The service reads its addresses in any case; the SDKs write the second one.
@qnamaker.post("/knowledgebases/<name>/generateAnswer")
@qnamaker.post("/knowledgebases/<name>/generateanswer")
def generate(name: str) -> Response:
    """Answer a question, or return one stored answer by its number; there is one knowledge base, whatever its name."""
    body = asking(read_fields(request, GenerateBody).as_query())
    with leased_knowledge() as knowledge:
        numbers = azure_ids(knowledge)
        answers = [_entry(found, numbers) for found in answers_to(knowledge, numbers, body)]
    return jsonify(answers=answers, activeLearningEnabled=False)


def _entry(found: Found, numbers: Numbers) -> dict[str, Any]:
    record = found.record
    return {
        "questions": [record.question, *record.alternates] if record else [],
        "answer": found.text,
        "score": found.confidence * _HUNDREDTHS,
        "id": numbers.by_record[record.id] if record else NO_RECORD,
        "source": record.source.path if record else None,
        "metadata": [{"name": TAGS, "value": tag} for tag in record.tags] if record else [],
        "context": {"isContextOnly": False, "prompts": _prompts(found.prompts, numbers)},
    }


def _prompts(offered: Sequence[Record], numbers: Numbers) -> list[dict[str, Any]]:
    return [
        {
            "displayOrder": order,
            "qnaId": numbers.by_record[record.id],
            "qna": None,
            "displayText": record.question,
        }
        for order, record in enumerate(offered)
    ]
