/* c_helpers.c - the functions that exported C files have: plain loops over [channel][row][column], C99. */
#include "model/export/c_export.h"

// clang-format off
const char *const c_helper_text[C_HELPERS] = {
[C_CONV] =
"static void conv(const float *x, const float *w, const float *b, float *y, int ci, int h, int wd, int co, int ho, int wo,\n"
"                 int kh, int kw, int sh, int sw, int ph, int pw, int dh, int dw, int groups)\n"
"{\n"
"    int in = ci / groups, out = co / groups;\n"
"    for (int o = 0; o < co; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++) {\n"
"                float sum = b ? b[o] : 0;\n"
"                for (int c = 0; c < in; c++)\n"
"                    for (int u = 0; u < kh; u++)\n"
"                        for (int v = 0; v < kw; v++) {\n"
"                            int r = i * sh - ph + u * dh, s = j * sw - pw + v * dw;\n"
"                            if (r >= 0 && r < h && s >= 0 && s < wd)\n"
"                                sum += w[((o * in + c) * kh + u) * kw + v] * x[((o / out * in + c) * h + r) * wd + s];\n"
"                        }\n"
"                y[(o * ho + i) * wo + j] = sum;\n"
"            }\n"
"}\n",
[C_DENSE] =
"static void dense(const float *x, const float *w, const float *b, float *y, int in, int out, int places)\n"
"{\n"
"    for (int o = 0; o < out; o++)\n"
"        for (int p = 0; p < places; p++) {\n"
"            float sum = b ? b[o] : 0;\n"
"            for (int i = 0; i < in; i++)\n"
"                sum += w[o * in + i] * x[i * places + p];\n"
"            y[o * places + p] = sum;\n"
"        }\n"
"}\n",
[C_AFFINE] =
"static void affine(const float *x, const float *scale, const float *shift, float *y, int channels, int places)\n"
"{\n"
"    for (int c = 0; c < channels; c++)\n"
"        for (int p = 0; p < places; p++)\n"
"            y[c * places + p] = scale[c] * x[c * places + p] + shift[c];\n"
"}\n",
[C_MAXPOOL] =
"static void maxpool(const float *x, float *y, int c, int h, int wd, int ho, int wo, int kh, int kw, int sh, int sw, int ph,\n"
"                    int pw)\n"
"{\n"
"    for (int o = 0; o < c; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++) {\n"
"                float most = -HUGE_VALF;\n"
"                for (int r = i * sh - ph; r < i * sh - ph + kh; r++)\n"
"                    for (int s = j * sw - pw; s < j * sw - pw + kw; s++)\n"
"                        if (r >= 0 && r < h && s >= 0 && s < wd && x[(o * h + r) * wd + s] > most)\n"
"                            most = x[(o * h + r) * wd + s];\n"
"                y[(o * ho + i) * wo + j] = most;\n"
"            }\n"
"}\n",
[C_AVGPOOL] =
"static void avgpool(const float *x, float *y, int c, int h, int wd, int ho, int wo, int kh, int kw, int sh, int sw, int ph,\n"
"                    int pw)\n"
"{\n"
"    for (int o = 0; o < c; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++) {\n"
"                float sum = 0;\n"
"                for (int r = i * sh - ph; r < i * sh - ph + kh; r++)\n"
"                    for (int s = j * sw - pw; s < j * sw - pw + kw; s++)\n"
"                        sum += r >= 0 && r < h && s >= 0 && s < wd ? x[(o * h + r) * wd + s] : 0;\n"
"                y[(o * ho + i) * wo + j] = sum / (float)(kh * kw);\n"
"            }\n"
"}\n",
[C_PRELU] =
"static void prelu(const float *x, const float *slope, int slopes, float *y, int channels, int places)\n"
"{\n"
"    for (int i = 0; i < channels * places; i++)\n"
"        y[i] = x[i] > 0 ? x[i] : x[i] * slope[slopes > 1 ? i / places : 0];\n"
"}\n",
[C_NORM_PLACES] =
"static void norm_places(const float *x, const float *gain, const float *bias, float *y, int channels, int places, int centred,\n"
"                        double eps)\n"
"{\n"
"    for (int p = 0; p < places; p++) {\n"
"        double mean = 0, square = 0;\n"
"        for (int c = 0; c < channels && centred; c++)\n"
"            mean += (double)x[c * places + p] / channels;\n"
"        for (int c = 0; c < channels; c++)\n"
"            square += ((double)x[c * places + p] - mean) * ((double)x[c * places + p] - mean) / channels;\n"
"        double scale = 1 / sqrt(square + eps);\n"
"        for (int c = 0; c < channels; c++)\n"
"            y[c * places + p] = (float)(((double)x[c * places + p] - mean) * scale) * gain[c] + (bias ? bias[c] : 0);\n"
"    }\n"
"}\n",
[C_NORM_GROUPS] =
"static void norm_groups(const float *x, const float *gain, const float *bias, float *y, int channels, int places, int groups,\n"
"                        int centred, int each, double eps)\n"
"{\n"
"    int n = channels / groups * places;\n"
"    for (int g = 0; g < groups; g++, x += n, y += n) {\n"
"        double mean = 0, square = 0;\n"
"        for (int i = 0; i < n && centred; i++)\n"
"            mean += (double)x[i] / n;\n"
"        for (int i = 0; i < n; i++)\n"
"            square += ((double)x[i] - mean) * ((double)x[i] - mean) / n;\n"
"        double scale = 1 / sqrt(square + eps);\n"
"        for (int i = 0; i < n; i++) {\n"
"            int at = each ? g * n + i : g * (channels / groups) + i / places;\n"
"            y[i] = (float)(((double)x[i] - mean) * scale) * (gain ? gain[at] : 1) + (bias ? bias[at] : 0);\n"
"        }\n"
"    }\n"
"}\n",
[C_ADD] =
"static void add(const float *a, float scale, const float *b, float *y, int n)\n"
"{\n"
"    for (int i = 0; i < n; i++)\n"
"        y[i] = scale * a[i] + b[i];\n"
"}\n",
[C_MUL] =
"static void mul(const float *a, const float *b, float *y, int n)\n"
"{\n"
"    for (int i = 0; i < n; i++)\n"
"        y[i] = a[i] * b[i];\n"
"}\n",
[C_GATE] =
"static void gate(const float *x, const float *by, float *y, int channels, int places)\n"
"{\n"
"    for (int i = 0; i < channels * places; i++)\n"
"        y[i] = x[i] * by[i / places];\n"
"}\n",
[C_SCALE] =
"static void scale_by(float *y, float by, int n)\n"
"{\n"
"    for (int i = 0; i < n; i++)\n"
"        y[i] *= by;\n"
"}\n",
[C_COPY] =
"static void copy(const float *x, float *y, int n)\n"
"{\n"
"    for (int i = 0; i < n; i++)\n"
"        y[i] = x[i];\n"
"}\n",
[C_UPSAMPLE] =
"static void upsample(const float *x, float *y, int c, int h, int wd, int fh, int fw)\n"
"{\n"
"    for (int o = 0; o < c; o++)\n"
"        for (int i = 0; i < h * fh; i++)\n"
"            for (int j = 0; j < wd * fw; j++)\n"
"                y[(o * h * fh + i) * wd * fw + j] = x[(o * h + i / fh) * wd + j / fw];\n"
"}\n",
[C_SHORTCUT] =
"static void shortcut(const float *x, float *y, int c, int h, int wd, int co, int ho, int wo, int sh, int sw)\n"
"{\n"
"    for (int o = 0; o < co; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++)\n"
"                y[(o * ho + i) * wo + j] = o < c ? x[(o * h + i * sh) * wd + j * sw] : 0;\n"
"}\n",
[C_CROP] =
"static void crop(const float *x, float *y, int c, int h, int wd, int ho, int wo, int top, int left)\n"
"{\n"
"    for (int o = 0; o < c; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++)\n"
"                y[(o * ho + i) * wo + j] = x[(o * h + i + top) * wd + j + left];\n"
"}\n",
[C_PAD] =
"static void pad(const float *x, float *y, int c, int h, int wd, int ho, int wo, int top, int left)\n"
"{\n"
"    for (int o = 0; o < c; o++)\n"
"        for (int i = 0; i < ho; i++)\n"
"            for (int j = 0; j < wo; j++) {\n"
"                int r = i - top, s = j - left;\n"
"                y[(o * ho + i) * wo + j] = r >= 0 && r < h && s >= 0 && s < wd ? x[(o * h + r) * wd + s] : 0;\n"
"            }\n"
"}\n",
[C_MAXOUT] =
"static void maxout(const float *x, float *y, int channels, int places, int pieces)\n"
"{\n"
"    for (int c = 0; c < channels; c++)\n"
"        for (int p = 0; p < places; p++) {\n"
"            float most = x[c * pieces * places + p];\n"
"            for (int k = 1; k < pieces; k++)\n"
"                if (x[(c * pieces + k) * places + p] > most)\n"
"                    most = x[(c * pieces + k) * places + p];\n"
"            y[c * places + p] = most;\n"
"        }\n"
"}\n",
[C_SOFTMAX] =
"static void softmax(const float *x, float *y, int channels, int places)\n"
"{\n"
"    for (int p = 0; p < places; p++) {\n"
"        float most = x[p], sum = 0;\n"
"        for (int c = 1; c < channels; c++)\n"
"            most = x[c * places + p] > most ? x[c * places + p] : most;\n"
"        for (int c = 0; c < channels; c++)\n"
"            sum += y[c * places + p] = expf(x[c * places + p] - most);\n"
"        for (int c = 0; c < channels; c++)\n"
"            y[c * places + p] /= sum;\n"
"    }\n"
"}\n",
[C_GLU] =
"static void glu(const float *x, float *y, int n)\n"
"{\n"
"    for (int i = 0; i < n; i++)\n"
"        y[i] = x[i] / (1 + expf(-x[i + n]));\n"
"}\n",
};

/* Of v, with the parameter a. */
static const char *const acts[] = {
    [ACT_relu] = "v > 0 ? v : 0",
    [ACT_leaky_relu] = "v > 0 ? v : a * v",
    [ACT_sigmoid] = "1 / (1 + expf(-v))",
    [ACT_tanh] = "tanhf(v)",
    [ACT_gelu] = "0.5f * v * (1 + erff(v * 0.70710678f))",
    [ACT_relu6] = "v < 0 ? 0 : v > 6 ? 6 : v",
    [ACT_elu] = "v > 0 ? v : a * expm1f(v)",
    [ACT_selu] = "1.05070099f * (v > 0 ? v : 1.67326324f * expm1f(v))",
    [ACT_silu] = "v / (1 + expf(-v))",
    [ACT_mish] = "v * tanhf((v > 0 ? v : 0) + log1pf(expf(-fabsf(v))))",
    [ACT_softplus] = "(v > 0 ? v : 0) + log1pf(expf(-fabsf(v)))",
    [ACT_hardswish] = "v <= -3 ? 0 : v >= 3 ? v : v * (v + 3) / 6",
};
// clang-format on

const char *c_act_text(enum act act)
{
    return (size_t)act < sizeof acts / sizeof *acts ? acts[act] : NULL;
}
