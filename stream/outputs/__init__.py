"""Where the skeletons go, live: a class an output, each behind a queue and a thread of its own."""
