"""What the streams of a run share: the run itself, the two sides of its connection, the tables of one stream."""
