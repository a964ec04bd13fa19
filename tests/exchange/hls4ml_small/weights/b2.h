#ifndef B2_H_
#define B2_H_
bias2_t b2[2] = {-0.5, 1e-0};
#endif
