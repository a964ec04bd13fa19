"""Tables of named columns: CSV, Parquet and HDF5."""
