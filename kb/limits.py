"""Every limit in one place, the unit in the name and the reason beside the number."""

QUERY_CHARS = 1_000  # what is searched; a longer question (a pasted log) is reduced to its telling lines first
QUERY_TOKENS = 256  # of it that the encoder reads: 1,000 Latin characters, and a third of the memory of 512
LATE_TOKENS = 96  # of it that late interaction reads; a question has about 20, a log is told by its first hundred
QUERY_INPUT_CHARS = 2_000_000  # read from standard input before reducing; more is cut, and said
ANSWER_CHARS = 64_000  # one answer's Markdown; the longest real one measured is 12,000
QUESTION_CHARS = 2_000  # a heading longer than this is not a question anybody asks
FILE_BYTES = 17_000_000  # a Markdown file; 100,000 ordinary records fit and take a minute, more is refused at once
PARSE_SECONDS = 4.0  # of processor time for any document, so that a short one full of brackets ends soon
PARSE_MICROSECONDS_PER_CHAR = (
    100  # more for a long one; the shortest questions cost 20 to 55, by how busy the machine is
)
NESTING_LEVELS = 40  # of lists and quotes; at 100 the worst run of brackets costs 52 us a character, at 40 it is 20
TABLE_CELLS = 5_000  # a file: 28 kB of short rows can grow to 10 MB of HTML cells
INPUT_TOKENS = 512  # of one text that an encoder reads; more is cut off by the models we know
TOP_K_MAX = 20  # hits a question may ask for
TAGS_MAX = 16  # tags of one question
TAG_CHARS = 64
FILTER_VALUES = TAGS_MAX  # of one part of a filter
PATH_CHARS = 1_024  # of a path to filter by; a longer one no site generator makes
NOTE_CHARS = 1_000  # that a reader may add to a vote; DocSearch takes as many
FEEDBACK_QUESTION_CHARS = QUERY_CHARS  # kept with a vote: the question of an answer document, which is no longer
FEEDBACK_ROWS = 100_000  # of each kind, the oldest go first: 7 kB each at the worst, so 2 GB and usually 50 MB
ONCE_SECONDS = 24 * 3_600  # that the key of a write is known: as long as an answer token holds
QUESTIONS_OF_ASKER = 1_000  # without an answer, all different, of which words are kept in a day: 4 MB at the worst
FEEDBACK_BUSY_SECONDS = 5.0  # that a writer waits for another one; a write takes a few ms
FEEDBACK_DAYS = 365  # that an event is kept when nothing is said: a year shows what comes back each season
FEEDBACK_DAYS_MAX = 36_500  # that may be asked for
KEYS_BUSY_SECONDS = 5.0  # that a writer of API keys waits for another one; a write takes a few ms
KEY_NAME_CHARS = 100  # of who uses an API key; one line of a list
KEY_DAYS_MAX = 36_500  # that an API key is taken; longer is for ever
KEY_REQUESTS_MAX = 1_000_000_000  # of an API key in a minute or a day; more is no limit
CHOICES = 3  # shown when a question is ambiguous
TURN_CHARS = 300  # of a question kept for the next one of its conversation; a follow-up needs the gist, not a log
KEEP_SNAPSHOTS = 5  # older ones are removed after a publish, unless a reader holds them
BODY_BYTES = 64 * 1024  # of an HTTP request
PICTURE_BYTES = 2_000_000  # one picture; a screenshot has 200 kB, and what takes longer to load is not looked at
PICTURES_BYTES = 50_000_000  # of one knowledge base; the model beside them has 30
PICTURES = 4_000  # of one knowledge base: 190 bytes each in the manifest, which every start reads
CHECK_BYTES = 200_000  # of a check script; ours are 10 to 40 kB
CHECK_SECONDS_MAX = 3_600  # that a check may ask for
SIGNATURE_CHARS = 400_000  # of a pasted text, its end, looked through for known errors: 20 ms
