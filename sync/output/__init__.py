"""What a run says of itself: its document, its progress, its plan."""
