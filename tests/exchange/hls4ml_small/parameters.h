#ifndef PARAMETERS_H_
#define PARAMETERS_H_
#include "nnet_utils/nnet_dense.h"
#include "weights/w2.h"
#include "weights/b2.h"
// fc
struct config2 : nnet::dense_config {
    static const unsigned n_in = N_INPUT_1_1;
    static const unsigned n_out = N_LAYER_2;
    static const unsigned strategy = nnet::latency;
    static const unsigned reuse_factor = 1;
    static const unsigned multiplier_limit = DIV_ROUNDUP(n_in * n_out, reuse_factor);
    typedef model_default_t accum_t;
    typedef bias2_t bias_t;
    typedef weight2_t weight_t;
    template<class x_T, class y_T>
    using product = nnet::product::mult<x_T, y_T>;
};
// fc_relu
struct relu_config3 : nnet::activ_config {
    static const unsigned n_in = 2;
    static const unsigned table_size = 1024;
};
struct linear_config4 : nnet::activ_config {
    static const unsigned n_in = 2;
};
#endif
