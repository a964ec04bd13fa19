// A small project in the manner of hls4ml, written by hand for the tests beside.
#define N_INPUT_1_1 12
#define OUT_HEIGHT_3 3
#define OUT_WIDTH_3 2
#define PAD 0
namespace image {
typedef ap_uint<10> input_t;
typedef ap_fixed<20,12> accum_t;
typedef ap_ufixed<10,4,AP_RND,AP_SAT,AP_SAT> layer3_t;
typedef ap_fixed<8,4> weight3_t;
typedef ap_uint<1> bias3_t;
typedef ap_ufixed<10,4> result_t;
}
