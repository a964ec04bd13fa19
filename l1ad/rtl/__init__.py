"""Verilog: the only room that knows alkaid, Verilator and Yosys."""
