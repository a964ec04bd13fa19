"""Hyper-parameter searches: the only room that knows Optuna and Dask. Studies, workers, fronts."""
