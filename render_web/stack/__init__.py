"""The one-command stack: which processes there are, how they start, answer and end."""
