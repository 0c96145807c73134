"""The reader's pages: why to support, the form, thanks, other ways, privacy."""
