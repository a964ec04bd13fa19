// Lets a project of hls4ml before 1.0 use the headers of a newer one. Included before everything else.
//
// Since 1.0 the configuration of a dense layer names the function that computes it (`kernel`), and one that
// names none computes nothing. Before, `nnet::dense` chose by `strategy`; so does this.
#ifndef L1AD_ORIGINAL_KERNELS_H_
#define L1AD_ORIGINAL_KERNELS_H_

#include "ap_fixed.h"
#include "ap_int.h"

#define dense_config dense_config_without_kernel
#include "nnet_utils/nnet_dense.h"
#undef dense_config

namespace nnet {

template <class data_T, class res_T, typename CONFIG_T> struct kernel_by_strategy {
    static void dense(data_T data[CONFIG_T::n_in], res_T res[CONFIG_T::n_out],
                      typename CONFIG_T::weight_t weights[CONFIG_T::n_in * CONFIG_T::n_out],
                      typename CONFIG_T::bias_t biases[CONFIG_T::n_out]) {
        if (CONFIG_T::strategy == nnet::latency)
            dense_latency<data_T, res_T, CONFIG_T>(data, res, weights, biases);
        else
            dense_resource<data_T, res_T, CONFIG_T>(data, res, weights, biases);
    }
};

struct dense_config : dense_config_without_kernel {
    template <class data_T, class res_T, class CONFIG_T> using kernel = kernel_by_strategy<data_T, res_T, CONFIG_T>;
};

} // namespace nnet

#endif
