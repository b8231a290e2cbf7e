"""Every limit in one place, the unit in the name and the reason beside the number."""

QUERY_CHARS = 2_000  # what is searched; a longer question (a pasted log) is reduced to its telling lines first
QUERY_INPUT_CHARS = 2_000_000  # read from standard input before reducing; more is cut, and said
ANSWER_CHARS = 64_000  # one answer's Markdown; the longest real one measured is 12,000
QUESTION_CHARS = 2_000  # a heading longer than this is not a question anybody asks
FILE_BYTES = 64 * 1024 * 1024  # a Markdown file; 50 MB must give records or a clear error
LINE_CHARS = 100_000  # a longer line is data, not prose, and inline parsing costs up to 63 us a character
NESTING_LEVELS = 100  # of lists and quotes, markdown-it-py's own limit for untrusted text
TABLE_CELLS = 5_000  # a file: 28 kB of short rows can grow to 10 MB of HTML cells
TOP_K_MAX = 20  # hits a question may ask for
TAGS_MAX = 16  # tags of one question
TAG_CHARS = 64
CHOICES = 3  # shown when a question is ambiguous
KEEP_SNAPSHOTS = 5  # older ones are removed after a publish, unless a reader holds them
BODY_BYTES = 64 * 1024  # of an HTTP request
