"""The patron's own pages. No models: what stands on them is read from the rooms below."""
