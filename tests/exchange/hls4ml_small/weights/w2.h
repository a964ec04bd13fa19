#ifndef W2_H_
#define W2_H_
#ifndef __SYNTHESIS__
weight2_t w2[6];
#else
weight2_t w2[6] = {0.125, -0.250, 0.375, 1.000, -4.000, 3.875};
#endif
#endif
