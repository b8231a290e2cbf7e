"""Everything that can go wrong, each a sentence: what was wrong (got, expected); what to do."""


class KbError(Exception):
    """Base of all errors a user may see; the message is one line and ends with a way out."""


class ContentError(KbError):
    """A Markdown file cannot be read; the message starts with `file:line:` where a line is known."""


class ModelMissing(KbError):
    """No prepared model is in the folder; `faq model prepare` makes one."""


class ModelDamaged(KbError):
    """A model file does not match its manifest, or an encoder gave something that is not a vector."""


class ModelOutdated(ModelDamaged):
    """A prepared model was made by another version of this package; its files are not looked at."""


class ModelRefused(KbError):
    """Preparation ended, but the result is not faithful to the model it came from."""


class KnowledgeBaseMissing(KbError):
    """The folder holds no published snapshot; `faq ingest` makes one."""


class SnapshotDamaged(KbError):
    """A snapshot file is missing, truncated or changed; it is not loaded."""


class SnapshotUnsupported(KbError):
    """The snapshot was written in a format this version does not read; ingest again."""


class SnapshotNotFound(KbError):
    """No snapshot of that name is in the knowledge base."""


class RankingDamaged(KbError):
    """A file of ranking weights is not one, or of another format."""


class Busy(KbError):
    """Another process is writing the knowledge base or preparing the model."""


class StorageFailed(KbError):
    """The disk is full, read-only or failing; nothing was published."""


class FeedbackDamaged(KbError):
    """The file of feedback is damaged, of another version or not one at all; it is left as it is."""


class InvalidFeedback(KbError):
    """A note, a question or the tags of a vote are longer than what is kept."""


class KeysDamaged(KbError):
    """The file of API keys is damaged, of another version or not one at all; it is left as it is."""


class InvalidKey(KbError):
    """A new API key has no usable name, no scope, or a number out of range."""


class KeyUnknown(KbError):
    """No API key has that id, or it is taken back already."""


class KeyReused(KbError):
    """A name under which one write was kept is given to another one."""


class InvalidQuery(KbError):
    """A parameter of a question is out of range (top_k, min_confidence, a part of the filter)."""


class CheckMalformed(KbError):
    """A check script's header cannot be read or says something unusable."""


class RecordUnknown(KbError):
    """No record has that id."""


class CheckUnknown(KbError):
    """No check of that id is stored."""


class CheckUntrusted(KbError):
    """A check of a knowledge base that nobody named, and nobody is there to say whether it may run."""


class CheckEnvironmentFailed(KbError):
    """The packages a check asks for could not be installed."""


class MilvusAway(KbError):
    """The Milvus server does not answer in time, or turned a call down; nothing was changed."""


class MilvusMissing(KbError):
    """The client of Milvus is not installed; `pip install 'faqkb[milvus]'` brings it."""


class ExportRefused(KbError):
    """The folder to export into holds something else; it is left as it is."""


class ArchiveRefused(KbError):
    """A file that somebody handed over is no knowledge base that `faq export` wrote; nothing was imported."""


class PathOutside(KbError):
    """A name that something brings along leads outside of the folder that it is written in."""


class ConfigError(KbError):
    """faq.toml or an environment variable holds something unusable."""
