"""The HDF5 files of the anomaly detection challenge 2021."""
