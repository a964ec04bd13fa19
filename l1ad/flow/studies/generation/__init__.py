"""Events of Zγ, generated and classified."""
