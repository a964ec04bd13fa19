#ifndef DEFINES_H_
#define DEFINES_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "nnet_utils/nnet_types.h"
#include <array>
#include <cstddef>
#include <cstdio>
#include <tuple>
#include <tuple>

namespace reference_network_nn {

// hls-fpga-machine-learning insert numbers

// hls-fpga-machine-learning insert layer-precision
typedef ap_fixed<8,5,AP_RND_CONV,AP_SAT,0> input_t;
typedef ap_fixed<17,9> dense_1_accum_t;
typedef ap_fixed<17,9> layer2_t;
typedef ap_fixed<6,1,AP_RND_CONV,AP_SAT,0> dense_1_weight_t;
typedef ap_fixed<8,3,AP_RND_CONV,AP_SAT,0> dense_1_bias_t;
typedef ap_uint<1> layer2_index;
typedef ap_ufixed<8,5,AP_RND_CONV,AP_SAT,0> layer3_t;
typedef ap_fixed<18,8> relu_1_table_t;
typedef ap_fixed<15,7> dense_mean_accum_t;
typedef ap_fixed<15,7> layer4_t;
typedef ap_fixed<6,1,AP_RND_CONV,AP_SAT,0> dense_mean_weight_t;
typedef ap_fixed<8,3,AP_RND_CONV,AP_SAT,0> dense_mean_bias_t;
typedef ap_uint<1> layer4_index;
typedef ap_fixed<8,6,AP_RND_CONV,AP_SAT,0> result_t;
typedef ap_fixed<18,8> mean_table_t;

// hls-fpga-machine-learning insert emulator-defines

}

#endif
