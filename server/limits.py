"""Limits of the HTTP side alone, the unit in the name and the reason beside the number."""

URL_BYTES = 12 * 1024  # path and query as sent; a question of QUESTION_UNITS always fits
QUESTION_UNITS = 1_000  # UTF-16 units the search box takes (its maxlength): 9 bytes each in a URL at most
HEADER_BYTES = 16 * 1024  # request line and headers together
DRAINED_BODY_BYTES = 64 * 1024 * 1024  # of a body that is too large, read and thrown away so that its sender hears 413
DRAINED_HEADER_BYTES = 1024 * 1024  # of a header above its limit, read and thrown away before the connection closes
CHAT_BODY_BYTES = 256 * 1024  # clients send the whole conversation and their tools each time; 80 ms to count its tokens
# What may come below /v1/: a photo of a phone as a data URL, which is read over before the rest is parsed; so many at a
# time, since each lies in a file or in memory until it is whole.
UPLOAD_BYTES = 8 * 1024 * 1024
UPLOADS_AT_ONCE = 8
UPLOAD_READ_BYTES = 128 * 1024  # of it in one look at its socket; at waitress's 8 KiB and our pace, 7 MB take 2 s
CHAT_JSON_LEVELS = 64  # the JSON schemas of tools nest; they are read over
CHAT_PIECE_CHARS = 80  # of an answer in one event of a stream: a line of text
MODEL_CHARS = 256  # of a model's name
COMPLETION_PROMPTS = 20  # of one request, LangChain's batch; each is a question
EMBEDDED_TEXTS = 100  # of one request, LlamaIndex's batch: 100 of 100 tokens take a second on two cores
HELPER_TITLE_WIDTH = 48  # of a conversation's title in a side bar; a sign of Chinese is as wide as two letters
HELPER_TRIES = 3  # questions of a conversation that are looked at, the last first, to find what it is about
JSON_LEVELS = 8  # our bodies need 2; Python's parser gives up between 1,000 and 1,000,000, depending on its version
FIELD_ERRORS = 20  # listed in one problem document; a body of 64 KiB can hold thousands of unknown fields
FIELD_NAME_CHARS = 80  # of a field's name, repeated to its sender
SESSION_ID_CHARS = 128
LIST_ITEMS = 2_000  # of any list in a body; a message for each of 130,000 wrong ones takes seconds and memory
MESSAGES_MAX = 100  # of a conversation sent along; the last three questions are read, the body's size bounds the rest
BATCH_QUESTIONS = 100  # of one request; 5 to 20 ms each on two cores
BATCH_BODY_BYTES = 256 * 1024  # 100 questions of 2.5 kB; what the listener takes at most
BATCH_SECONDS = 10.0  # for one batch; what is not answered by then is a problem in its place, and may be sent again
EMBEDDED_AT_ONCE = 4  # texts between two looks at that: a second where each is as long as the encoder reads
BATCH_REPLY_BYTES = 1_000_000  # of a batch of messages; what comes after is told to be sent again
BATCHES_AT_ONCE = 1  # the other threads and cores are for single questions; a second batch hears 503 at once
IDEMPOTENCY_KEY_CHARS = 255
SEARCH_LIMIT = 10  # hits of one search when nothing is said
RECORDS_LIMIT = 50  # records of one page when nothing is said
RECORDS_LIMIT_MAX = 200  # about 0.5 MB of JSON
LISTED_QUESTIONS = 300  # on the start page; more is not read by anybody, and they are searched all the same
EARLIER_QUESTIONS = 8  # of a conversation on the page: as many as are read of it
MOST_ASKED = 5  # on the start page, above the topics
MOST_ASKED_FROM = 3  # times opened or found helpful; fewer is one reader, not many
MOST_ASKED_SECONDS = 60  # counted anew: it takes 50 ms at the most events kept
NEAREST_QUESTIONS = 3  # below an answer on its own page
SITEMAP_ADDRESSES = 50_000  # of one sitemap, the protocol's limit; 100,000 records take two
CHOICE_ABOVE = 0.15  # confidence; what is less sure than this is wrong six times in seven, and clutters a choice
RELATED_ABOVE = 0.3  # confidence; a runner-up less sure than this is noise below an answer
FOLLOW_UPS_OF_TOPIC = 3  # prompts below an answer, of the other questions under its heading
SNIPPET_CHARS = 200  # of the sentence shown below a hit
ANSWER_TOKEN_SECONDS = 24 * 3_600  # a tab left open over night can still be voted from
ANSWER_TOKEN_CHARS = 48 * 1024  # 4,000 bytes of question and 20 ids of 1,000 bytes each; fits a body of 64 KiB
THANKED_QUESTION_BYTES = 3_900  # 3 bytes each in the address that leads back; URL_BYTES holds them

PREFLIGHT_SECONDS = 600  # a browser remembers a permission; an origin taken off the list is refused after that
WIDGET_SECONDS = 300  # a site keeps the widget's files for so long without asking, then by ETag

COMPRESSED_FROM_BYTES = 1_024  # below, a reply fits one packet either way
COMPRESSION_LEVEL = 6  # 5 kB of JSON take 0.15 ms; level 9 takes twice that for 1% less

THREADS = 5  # one more than one client may have; with more than two workers, three more than these
TURN_SECONDS = 0.002  # between looks at the sockets; without a pause 64 clients get half as many remembered answers
SWITCH_SECONDS = (
    0.001  # a thread holds the interpreter's lock so long; Python's 0.005 makes a refusal take 4 times as long
)
# That answer one client at a time. 64 connections, 2 cores: 197 different questions a second; with 8 threads 153, with
# 3 as many as with 4, but less than its share of a machine that does other work too.
CLIENT_THREADS = THREADS - 1
WORKERS_MAX = 64  # that may be asked for
# Started when nothing is said, one a core: the server's own part of a question takes 2 of 15 ms, on one core.
WORKERS_OWN = 8
WORKERS_FROM_CORES = 4  # two cores are filled by threads alone, which cost no second copy of the model
WORKERS_LOOK_SECONDS = 1.0  # between looks at those that have nothing to do
WORKER_SECONDS = 20.0  # for one question, which takes 10 to 100 ms; a process that is silent for longer is ended
WORKER_TRIES = 3  # processes that may die of one question before it is refused; killed ones die of none
NURSERY_SECONDS = 120.0  # to open a snapshot, of which a million records take seconds on a busy machine
NURSERY_RETRY_SECONDS = 5.0  # between tries to start workers where that fails
QUEUED_REQUESTS = 128  # waiting for a thread; at 200 questions a second the last of them waits 0.6 s
QUICK_THREADS = 1  # for health, metrics and static files, which no question shall hold up
QUEUED_QUICK = 64  # waiting for it; each takes under a millisecond
STUCK_SECONDS = 30.0  # where requests wait and none is begun with for so long, no thread works any more
CONNECTIONS = 400  # 5 times the clients expected; each costs a descriptor and a few KB
CONNECTIONS_OF_PEER = 300  # of one address, where no proxy stands in front: the others are for everybody else
SPARE_CONNECTIONS = 32  # above that, accepted while the stalest are being closed for them
FRESH_SECONDS = 1.0  # a connection opened, or answered on, so lately is about to be used
IDLE_CONNECTION_SECONDS = 5  # a client that says nothing for so long loses its connection: half-open ones pile up
HEADER_SECONDS = 10.0  # from a request's first byte to the end of its header, however steadily it drips
BODY_SECONDS = 30.0  # from its first byte to its last: 256 kB at 9 kB a second
UNSENT_BYTES = 256 * 1024  # of earlier replies on a connection; with more, no further request on it is answered
SENDING_SECONDS = 120.0  # until a reply is taken: a picture of 2 MB at 17 kB a second
CLEANUP_SECONDS = 2  # how often connections are looked through for these
DRAIN_SECONDS = 3.6  # after SIGTERM, all ends in 4; service managers wait 10 before they kill
BATCH_DRAIN_SECONDS = 1.0  # before that is over a batch ends: for the question at work, and for its reply to be taken
QUIET_SECONDS = 0.3  # an open connection silent for so long while stopping has no request on its way
RETRY_AFTER_SECONDS = 1  # told with 503: the queue drains in well under a second
REMEMBERED_QUESTIONS = 512  # short ones, 35 kB each: readers ask the same, and chat clients repeat a whole conversation
RELOAD_SECONDS = 0.4  # between looks at `current`: a new snapshot shows within one second
RETRY_REFUSED_SECONDS = 10.0  # a refused snapshot is tried again: the cause may have been a lack of memory or files

PUBLIC_RATE_PER_MINUTE = 300  # of one address, --public: 5 a second, 2 more than who types all the time asks for, and
# 2% of what two cores answer; an office behind one address shares a burst of 300
WORK_OF_TURN = 2  # requests that an earlier turn counts as: it is searched for up to three times before the question is
# Of a question, as it is read, that count as one request more: 400 without sense take nine times as long as 20.
WORK_CHARS = 100
WORK_READ_CHARS = 32_000  # of what is sent along that count as one more: their tokens are counted
LIMITED_CLIENTS = 20_000  # remembered by their last request, 5 MB; who asks more slowly is under every limit anyway
KEYS_LOOK_SECONDS = 0.4  # between looks at the keys: a new or revoked one counts within one second
USES_SECONDS = 1.0  # between writes of what keys used of their quotas: a kill forgets a second's worth
UNWRITTEN_QUESTIONS = 10_000  # kept while a disk refuses them: 10 MB at the worst, 50 s of all that two cores answer
SETTLED_SECONDS = (
    3.0  # that a typed question stands unchanged until it counts as asked: long enough to read the first line
)
TYPED_AGAIN_SECONDS = 60.0  # the same question sent with Enter by then is the typed one
UPKEEP_SECONDS = 24 * 3_600  # between deletions of old feedback
AUDIT_BYTES = 10 * 1024 * 1024  # of one file of the audit log: 40,000 requests
AUDIT_FILES = 5  # kept beside the one that is written
PROXIES_MAX = 10  # one behind another; more is a mistake
BASES_MAX = 100  # knowledge bases of one server; each takes its own indexes in memory, and a thread that looks for news
GAP_QUESTIONS = 300  # put together for the page of gaps, the weightiest: four seconds; `faq gaps` takes 2,000
GAP_WORK_SECONDS = 8.0  # of looking at them: readers may ask what takes twenty times as long
GAP_SECONDS = 300  # that what was found is shown; it is worked out for whoever asks first
FEED_ITEMS = 50  # answers that changed last
FEED_LOOKED_AT = 2_000  # for those of one language: 100 ms
ADMIN_ROWS = 50  # of a table on the pages of the maintainer; its download has all
