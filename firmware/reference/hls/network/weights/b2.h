//Numpy array shape [8]
//Min -0.156250000000
//Max 0.156250000000
//Number of zeros 2

#ifndef B2_H_
#define B2_H_

namespace reference_network_nn {

dense_1_bias_t b2[8] = {0.03125, 0.09375, -0.09375, -0.06250, 0.00000, 0.15625, 0.00000, -0.15625};

}


#endif
