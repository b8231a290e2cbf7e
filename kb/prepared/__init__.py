"""Parts of a prepared model that are read as they are needed, for all of them at once are most of a start."""
