"""Speed and accuracy beside others', one file a benchmark."""
