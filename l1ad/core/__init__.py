"""Words of the trigger: number formats, layouts, networks, scores, and what they make together."""
