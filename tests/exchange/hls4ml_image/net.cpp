#include "defines.h"
#include "parameters.h"
namespace image {
  void net(input_t In[N_INPUT_1_1], result_t out[4]) {
    layer3_t layer3_out[OUT_HEIGHT_3*OUT_WIDTH_3*2];
    nnet::conv_2d_cl<input_t, layer3_t, config3>(In, layer3_out, w3, b3); // conv
    nnet::pooling2d_cl<layer3_t, result_t, config4>(layer3_out, out); // pool
  }
}
