#include <iostream>
#include "net.h"
#include "defines.h"
#include "parameters.h"

void net(
    input_t x[N_INPUT_1_1],
    result_t layer4_out[N_LAYER_2]
) {
    #pragma HLS PIPELINE
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<weight2_t, 6>(w2, "w2.txt");
        loaded_weights = true;
    }
#endif
    layer2_t layer2_out[N_LAYER_2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0
    nnet::dense<input_t, layer2_t, config2>(x, layer2_out, w2, b2); // fc
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "fc", N_LAYER_2);
#endif

    layer3_t layer3_out[N_LAYER_2];
    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // fc_relu

    nnet::linear<layer3_t, result_t, linear_config4>(layer3_out, layer4_out);
}
