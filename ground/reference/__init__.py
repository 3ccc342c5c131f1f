"""The generated pages of `docs/reference`: each module makes the text of one kind of page."""
