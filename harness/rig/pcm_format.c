/* SPDX-License-Identifier: MIT
 *
 * pcm_format.c: see pcm_format.h.
 */
#include "pcm_format.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "ringtrue/wire.h"

static const struct rig_pcm_format formats[RIG_PCM_FORMATS] = {
    [VIRTIO_SND_PCM_FMT_IMA_ADPCM] = {"IMA_ADPCM", RIG_PCM_BYTES, 4, 0},
    [VIRTIO_SND_PCM_FMT_MU_LAW] = {"MU_LAW", RIG_PCM_LAW, 8, 1},
    [VIRTIO_SND_PCM_FMT_A_LAW] = {"A_LAW", RIG_PCM_LAW, 8, 1},
    [VIRTIO_SND_PCM_FMT_S8] = {"S8", RIG_PCM_SIGNED, 8, 1},
    [VIRTIO_SND_PCM_FMT_U8] = {"U8", RIG_PCM_UNSIGNED, 8, 1},
    [VIRTIO_SND_PCM_FMT_S16] = {"S16", RIG_PCM_SIGNED, 16, 2},
    [VIRTIO_SND_PCM_FMT_U16] = {"U16", RIG_PCM_UNSIGNED, 16, 2},
    [VIRTIO_SND_PCM_FMT_S18_3] = {"S18_3", RIG_PCM_SIGNED, 18, 3},
    [VIRTIO_SND_PCM_FMT_U18_3] = {"U18_3", RIG_PCM_UNSIGNED, 18, 3},
    [VIRTIO_SND_PCM_FMT_S20_3] = {"S20_3", RIG_PCM_SIGNED, 20, 3},
    [VIRTIO_SND_PCM_FMT_U20_3] = {"U20_3", RIG_PCM_UNSIGNED, 20, 3},
    [VIRTIO_SND_PCM_FMT_S24_3] = {"S24_3", RIG_PCM_SIGNED, 24, 3},
    [VIRTIO_SND_PCM_FMT_U24_3] = {"U24_3", RIG_PCM_UNSIGNED, 24, 3},
    [VIRTIO_SND_PCM_FMT_S20] = {"S20", RIG_PCM_SIGNED, 20, 4},
    [VIRTIO_SND_PCM_FMT_U20] = {"U20", RIG_PCM_UNSIGNED, 20, 4},
    [VIRTIO_SND_PCM_FMT_S24] = {"S24", RIG_PCM_SIGNED, 24, 4},
    [VIRTIO_SND_PCM_FMT_U24] = {"U24", RIG_PCM_UNSIGNED, 24, 4},
    [VIRTIO_SND_PCM_FMT_S32] = {"S32", RIG_PCM_SIGNED, 32, 4},
    [VIRTIO_SND_PCM_FMT_U32] = {"U32", RIG_PCM_UNSIGNED, 32, 4},
    [VIRTIO_SND_PCM_FMT_FLOAT] = {"FLOAT", RIG_PCM_FLOAT, 32, 4},
    [VIRTIO_SND_PCM_FMT_FLOAT64] = {"FLOAT64", RIG_PCM_FLOAT, 64, 8},
    [VIRTIO_SND_PCM_FMT_DSD_U8] = {"DSD_U8", RIG_PCM_BYTES, 8, 1},
    [VIRTIO_SND_PCM_FMT_DSD_U16] = {"DSD_U16", RIG_PCM_BYTES, 16, 2},
    [VIRTIO_SND_PCM_FMT_DSD_U32] = {"DSD_U32", RIG_PCM_BYTES, 32, 4},
    [VIRTIO_SND_PCM_FMT_IEC958_SUBFRAME] = {"IEC958_SUBFRAME", RIG_PCM_BYTES,
                                            32, 4},
};

static const uint32_t rates[RIG_PCM_RATES] = {
    5512,  8000,  11025, 16000, 22050,  32000,  44100,
    48000, 64000, 88200, 96000, 176400, 192000, 384000};

const struct rig_pcm_format *rig_pcm_format(uint8_t format)
{
    return format < RIG_PCM_FORMATS ? &formats[format] : NULL;
}

uint8_t rig_pcm_format_named(const char *name)
{
    for (uint8_t k = 0; k < RIG_PCM_FORMATS; k++)
        if (strcasecmp(formats[k].name, name) == 0)
            return k;
    return RIG_PCM_NONE;
}

uint8_t rig_pcm_rate(uint32_t hz)
{
    for (uint8_t k = 0; k < RIG_PCM_RATES; k++)
        if (rates[k] == hz)
            return k;
    return RIG_PCM_NONE;
}

uint32_t rig_pcm_rate_hz(uint8_t rate)
{
    return rate < RIG_PCM_RATES ? rates[rate] : 0;
}

bool rig_pcm_same(const struct fake_pcm *a, const struct fake_pcm *b)
{
    return a->format == b->format && a->channels == b->channels &&
           a->rate_hz == b->rate_hz && a->period_bytes == b->period_bytes &&
           a->buffer_bytes == b->buffer_bytes;
}

uint32_t rig_pcm_frame_bytes(uint8_t format, unsigned channels)
{
    return format < RIG_PCM_FORMATS ? formats[format].bytes * channels : 0;
}

uint64_t rig_pcm_frames(uint8_t format, unsigned channels, uint64_t bytes)
{
    uint32_t frame_bytes = rig_pcm_frame_bytes(format, channels);

    return frame_bytes ? bytes / frame_bytes : bytes * 2 / channels;
}

bool rig_pcm_has_samples(uint8_t format)
{
    return format < RIG_PCM_FORMATS && formats[format].kind != RIG_PCM_BYTES;
}

/* ---- bytes ---- */

static uint64_t load(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned k = bytes; k-- > 0;)
        v = v << 8 | p[k];
    return v;
}

static void store(uint8_t *p, unsigned bytes, uint64_t v)
{
    for (unsigned k = 0; k < bytes; k++, v >>= 8)
        p[k] = (uint8_t)v;
}

/* An integer sample at the upper end of 32 bits. */
static int32_t load_int(const struct rig_pcm_format *f, const uint8_t *p)
{
    uint32_t v = (uint32_t)load(p, f->bytes) << (32 - f->bits);

    return (int32_t)(f->kind == RIG_PCM_UNSIGNED ? v ^ 0x80000000u : v);
}

static void store_int(const struct rig_pcm_format *f, uint8_t *p, int32_t v)
{
    uint32_t u = (uint32_t)v;

    if (f->kind == RIG_PCM_UNSIGNED)
        store(p, f->bytes, (u ^ 0x80000000u) >> (32 - f->bits));
    else /* the division keeps the sign, and what it drops is 0 */
        store(p, f->bytes,
              (uint64_t)(((int64_t)v - (u & ((1u << (32 - f->bits)) - 1u))) /
                         (INT64_C(1) << (32 - f->bits))));
}

/* ---- G.711 ---- */

/* The magnitudes of both laws rise with their code; as 16 bits. */
static int32_t mu_magnitude(unsigned code)
{
    return (int32_t)((((code & 0xfu) << 3) + 0x84u) << (code >> 4)) - 0x84;
}

static int32_t a_magnitude(unsigned code)
{
    unsigned segment = code >> 4, step = (code & 0xfu) << 4;

    return (int32_t)(segment ? (step + 0x108u) << (segment - 1) : step + 8);
}

static int32_t law_magnitude(uint8_t format, unsigned code)
{
    return format == VIRTIO_SND_PCM_FMT_MU_LAW ? mu_magnitude(code)
                                               : a_magnitude(code);
}

static int32_t law_decode(uint8_t format, uint8_t byte)
{
    bool mu = format == VIRTIO_SND_PCM_FMT_MU_LAW;
    unsigned code = mu ? (uint8_t)~byte : byte ^ 0x55u;
    int32_t magnitude = law_magnitude(format, code & 0x7f);

    return (code & 0x80u) == (mu ? 0x80u : 0) ? -magnitude : magnitude;
}

static uint8_t law_encode(uint8_t format, double value)
{
    bool mu = format == VIRTIO_SND_PCM_FMT_MU_LAW;
    double want = fabs(value) * 32768;
    unsigned low = 0, high = 127, code;

    while (low < high) { /* the first that is not smaller */
        unsigned middle = (low + high) / 2;

        if (law_magnitude(format, middle) < want)
            low = middle + 1;
        else
            high = middle;
    }
    if (low && want - law_magnitude(format, low - 1) <
                   law_magnitude(format, low) - want)
        low--;
    code = low | ((value < 0) == mu ? 0x80u : 0);
    return (uint8_t)(mu ? ~code : code ^ 0x55u);
}

/* ---- samples ---- */

static double load_float(const struct rig_pcm_format *f, const uint8_t *p)
{
    uint64_t bits = load(p, f->bytes);
    uint32_t low = (uint32_t)bits;
    double wide;
    float narrow;

    if (f->bytes == 8) {
        memcpy(&wide, &bits, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, &low, sizeof(narrow));
    return (double)narrow;
}

static void store_float(const struct rig_pcm_format *f, uint8_t *p, double v)
{
    float narrow = (float)v;
    uint64_t bits = 0;
    uint32_t low;

    memcpy(&low, &narrow, sizeof(low));
    memcpy(&bits, &v, sizeof(bits));
    store(p, f->bytes, f->bytes == 8 ? bits : low);
}

/* To the upper end of 32 bits, in steps of a format with `bits`. */
static int32_t quantize(double v, unsigned bits)
{
    double half = ldexp(1, (int)bits - 1);
    double steps = nearbyint(v * half);

    if (isnan(steps))
        return 0;
    if (steps > half - 1)
        steps = half - 1;
    if (steps < -half)
        steps = -half;
    return (int32_t)((int64_t)steps * (INT64_C(1) << (32 - bits)));
}

void rig_pcm_unpack(uint8_t format, const void *wire, double *samples,
                    size_t count)
{
    const struct rig_pcm_format *f = &formats[format];
    const uint8_t *p = wire;

    for (size_t k = 0; k < count; k++, p += f->bytes) {
        if (f->kind == RIG_PCM_FLOAT)
            samples[k] = load_float(f, p);
        else if (f->kind == RIG_PCM_LAW)
            samples[k] = law_decode(format, *p) / 32768.0;
        else
            samples[k] = load_int(f, p) / 2147483648.0;
    }
}

void rig_pcm_pack(uint8_t format, const double *samples, void *wire,
                  size_t count)
{
    const struct rig_pcm_format *f = &formats[format];
    uint8_t *p = wire;

    for (size_t k = 0; k < count; k++, p += f->bytes) {
        if (f->kind == RIG_PCM_FLOAT)
            store_float(f, p, samples[k]);
        else if (f->kind == RIG_PCM_LAW)
            *p = law_encode(format, samples[k]);
        else
            store_int(f, p, quantize(samples[k], f->bits));
    }
}

void rig_pcm_recode(uint8_t from, const void *in, uint8_t to, void *out,
                    size_t count)
{
    const struct rig_pcm_format *f = &formats[from], *t = &formats[to];
    const uint8_t *p = in;
    uint8_t *q = out;

    for (size_t k = 0; k < count; k++, p += f->bytes, q += t->bytes)
        store_int(t, q, load_int(f, p));
}

static uint64_t silent_sample(uint8_t format)
{
    switch (format) {
    case VIRTIO_SND_PCM_FMT_MU_LAW:
        return 0xff;
    case VIRTIO_SND_PCM_FMT_A_LAW:
        return 0xd5;
    case VIRTIO_SND_PCM_FMT_DSD_U8: /* as many ones as zeroes */
    case VIRTIO_SND_PCM_FMT_DSD_U16:
    case VIRTIO_SND_PCM_FMT_DSD_U32:
        return 0x69696969;
    default:
        return formats[format].kind == RIG_PCM_UNSIGNED
                   ? UINT64_C(1) << (formats[format].bits - 1)
                   : 0;
    }
}

void rig_pcm_silence(uint8_t format, void *wire, size_t bytes)
{
    unsigned width = formats[format].bytes ? formats[format].bytes : 1;
    uint8_t sample[8], *p = wire;

    store(sample, width, silent_sample(format));
    for (size_t k = 0; k < bytes; k++)
        p[k] = sample[k % width];
}

uint8_t rig_pcm_container(uint8_t format)
{
    const struct rig_pcm_format *f = rig_pcm_format(format);

    if (!f || f->kind == RIG_PCM_BYTES)
        return RIG_PCM_NONE;
    if (f->kind == RIG_PCM_FLOAT || f->kind == RIG_PCM_LAW)
        return format;
    if (f->bits == 8)
        return VIRTIO_SND_PCM_FMT_U8; /* WAV has no signed bytes */
    if (f->bits == 16)
        return VIRTIO_SND_PCM_FMT_S16;
    return f->bits == 32 ? VIRTIO_SND_PCM_FMT_S32 : VIRTIO_SND_PCM_FMT_S24_3;
}

/* ---- counter ---- */

/* Bits after which the counter of a format wraps around. */
static unsigned counter_bits(const struct rig_pcm_format *f)
{
    if (f->kind == RIG_PCM_FLOAT)
        return f->bytes == 8 ? 32 : 24;
    return f->bytes ? f->bits : 8;
}

static void counter_store(const struct rig_pcm_format *f, uint64_t n,
                          uint8_t *p)
{
    int32_t v = (int32_t)((uint32_t)n << (32 - counter_bits(f)));

    if (f->kind == RIG_PCM_FLOAT)
        store_float(f, p, v / 2147483648.0);
    else if (f->kind == RIG_PCM_SIGNED || f->kind == RIG_PCM_UNSIGNED)
        store_int(f, p, v);
    else
        store(p, f->bytes ? f->bytes : 1, n);
}

void rig_pcm_counter(uint8_t format, uint64_t first, void *wire, size_t count)
{
    const struct rig_pcm_format *f = &formats[format];
    unsigned width = f->bytes ? f->bytes : 1;
    uint8_t *p = wire;

    for (size_t k = 0; k < count; k++)
        counter_store(f, first + k, p + k * width);
}

size_t rig_pcm_counter_check(uint8_t format, uint64_t first, const void *wire,
                             size_t count)
{
    const struct rig_pcm_format *f = &formats[format];
    unsigned width = f->bytes ? f->bytes : 1;
    const uint8_t *p = wire;
    uint8_t want[8];
    size_t k;

    for (k = 0; k < count; k++) {
        counter_store(f, first + k, want);
        if (memcmp(p + k * width, want, width) != 0)
            break;
    }
    return k;
}

int64_t rig_pcm_counter_off(uint8_t format, uint64_t first, const void *wire,
                            size_t k)
{
    const struct rig_pcm_format *f = &formats[format];
    unsigned width = f->bytes ? f->bytes : 1, bits = counter_bits(f);
    const uint8_t *p = (const uint8_t *)wire + k * width;
    uint32_t seen, off;

    if (f->kind == RIG_PCM_FLOAT)
        seen = (uint32_t)quantize(load_float(f, p), bits) >> (32 - bits);
    else if (f->kind == RIG_PCM_SIGNED || f->kind == RIG_PCM_UNSIGNED)
        seen = (uint32_t)load_int(f, p) >> (32 - bits);
    else
        seen = (uint32_t)load(p, width);
    off = (seen - (uint32_t)(first + k)) << (32 - bits);
    return (int32_t)off / (INT64_C(1) << (32 - bits));
}
