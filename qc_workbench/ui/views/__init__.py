"""What each room shows, read from the store into values; the pages only lay it out."""
