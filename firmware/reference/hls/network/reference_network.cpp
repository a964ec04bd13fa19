#include <iostream>

#include "reference_network.h"
#include "parameters.h"

namespace reference_network_nn {

void reference_network(
    input_t scaled[57],
    result_t layer5_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_PARTITION variable=scaled complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    layer4_t layer4_out[3];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    nnet::dense<input_t, layer2_t, config2>(scaled, layer2_out, w2, b2); // dense_1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "dense_1", 8);
#endif

    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // relu_1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "relu_1", 8);
#endif

    nnet::dense<layer3_t, layer4_t, config4>(layer3_out, layer4_out, w4, b4); // dense_mean
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer4_t>(layer4_out, "dense_mean", 3);
#endif

    nnet::linear<layer4_t, result_t, linear_config5>(layer4_out, layer5_out); // mean
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "mean", 3);
#endif

}

}
