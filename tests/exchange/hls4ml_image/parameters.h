#include "nnet_utils/nnet_conv2d.h"
namespace image {
struct config3_mult : nnet::dense_config {
    static const unsigned n_in = 4;
    static const unsigned n_out = 2;
    static const unsigned strategy = nnet::resource;
    typedef accum_t accum_t;
    typedef bias3_t bias_t;
    typedef weight3_t weight_t;
    template<class x_T, class y_T>
    using product = nnet::product::mult<x_T, y_T>;
};
struct config3 : nnet::conv2d_config {
    static const unsigned pad_top = 0;
    static const unsigned pad_bottom = PAD;
    static const unsigned pad_left = 0;
    static const unsigned pad_right = PAD;
    static const unsigned in_height = 4;
    static const unsigned in_width = 3;
    static const unsigned n_chan = 1;
    static const unsigned filt_height = 2;
    static const unsigned filt_width = 2;
    static const unsigned n_filt = 2;
    static const unsigned stride_height = 1;
    static const unsigned stride_width = 1;
    static const unsigned out_height = OUT_HEIGHT_3;
    static const unsigned out_width = OUT_WIDTH_3;
    static const unsigned strategy = nnet::resource;
    static const ap_uint<filt_height * filt_width> pixels[1];
    typedef accum_t accum_t;
    typedef bias3_t bias_t;
    typedef weight3_t weight_t;
    typedef config3_mult mult_config;
};
const ap_uint<config3::filt_height * config3::filt_width> config3::pixels[] = {0};
struct config4 : nnet::pooling2d_config {
    static const unsigned in_height = OUT_HEIGHT_3;
    static const unsigned in_width = OUT_WIDTH_3;
    static const unsigned n_filt = 2;
    static const unsigned stride_height = 1;
    static const unsigned stride_width = 2;
    static const unsigned pool_height = 2;
    static const unsigned pool_width = 2;
    static const nnet::Pool_Op pool_op = nnet::Max;
};
weight3_t w3[8] = {1, 2, 3, 4, 5, 6, 7, -8};
bias3_t b3[2] = {0, 1};
}
