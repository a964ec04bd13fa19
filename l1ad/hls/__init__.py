"""HLS C++: the only room that knows hls4ml. The network, a top level around it, and its C simulation."""
