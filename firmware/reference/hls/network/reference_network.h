#ifndef REFERENCE_NETWORK_H_
#define REFERENCE_NETWORK_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "hls_stream.h"

#include "defines.h"

namespace reference_network_nn {

// Prototype of top level function for C-synthesis
void reference_network(
    input_t scaled[57],
    result_t layer5_out[3]
);

// hls-fpga-machine-learning insert emulator-defines

}

#endif
