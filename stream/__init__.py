"""Sources, threads, queues, clocks and recording."""
