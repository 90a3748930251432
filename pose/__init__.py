"""The language that all other parts speak: joint sets, frames and people, camera, metrics. Imports nothing of ours."""
