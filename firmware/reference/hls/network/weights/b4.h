//Numpy array shape [3]
//Min -0.062500000000
//Max 0.562500000000
//Number of zeros 0

#ifndef B4_H_
#define B4_H_

namespace reference_network_nn {

dense_mean_bias_t b4[3] = {0.56250, 0.15625, -0.06250};

}


#endif
