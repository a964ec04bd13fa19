// A small project in the manner of hls4ml, written by hand for the tests beside.
#ifndef DEFINES_H_
#define DEFINES_H_
#include "ap_fixed.h"
#include "nnet_utils/nnet_types.h"
#define N_INPUT_1_1 3
#define N_LAYER_2 2
#define N_LAYER_2 2
typedef ap_fixed<16,6> model_default_t;
typedef ap_fixed<8, 4, AP_RND_CONV, AP_SAT> input_t;
typedef ap_fixed<10,5> layer2_t;
typedef ap_fixed<6,3> weight2_t;
typedef ap_fixed<5,2> bias2_t;
typedef ap_ufixed<7,4,AP_RND,AP_SAT,0> layer3_t;
typedef ap_fixed<9,5> result_t;
#endif
