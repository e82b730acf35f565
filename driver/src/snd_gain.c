/* SPDX-License-Identifier: MIT */
#include "ringtrue/snd_gain.h"
#include "mem.h"
#include "ringtrue/err.h"
#include "snd_private.h"

/* How samples that are plain integers are kept: VIRTIO_SND_PCM_FMT_S8 to
 * U32, signed and unsigned in turn. */
struct layout {
    uint8_t bits;  /* in use */
    uint8_t bytes; /* in memory */
};

static const struct layout layouts[] = {
    {8, 1},  {16, 2}, {18, 3}, {20, 3}, /* S8 S16 S18_3 S20_3 */
    {24, 3}, {20, 4}, {24, 4}, {32, 4}, /* S24_3 S20 S24 S32 */
};

/* clang-format off */
static const uint32_t db_gains[] = { /* -96 dB first, in steps of 1 dB */
    1, 1, 1, 1, 2, 2, 2, 2,
    3, 3, 3, 4, 4, 5, 5, 6,
    7, 7, 8, 9, 10, 12, 13, 15,
    16, 18, 21, 23, 26, 29, 33, 37,
    41, 46, 52, 58, 66, 74, 83, 93,
    104, 117, 131, 147, 165, 185, 207, 233,
    261, 293, 328, 369, 414, 464, 521, 584,
    655, 735, 825, 926, 1039, 1165, 1308, 1467,
    1646, 1847, 2072, 2325, 2609, 2927, 3285, 3685,
    4135, 4640, 5206, 5841, 6554, 7353, 8250, 9257,
    10387, 11654, 13076, 14672, 16462, 18471, 20724, 23253,
    26090, 29274, 32846, 36854, 41350, 46396, 52057, 58409,
    65536, 73533, 82505, 92572, 103868, 116541, 130762, 146717,
    164619, 184706, 207243, 232531, 260904, 292739, 328458, 368536,
    413504, 463959, 520571, 584090, 655360, 735326, 825049, 925721,
    1038676,
};
/* clang-format on */

#define FLOAT_SIGN 0x80000000u
#define FLOAT_INFINITE 255     /* exponent: also NaN */
#define FLOAT_ONE 0x800000u    /* the bit not stored */
#define FLOAT_LIMIT 0x1000000u /* past every mantissa */
#define FLOAT_MAX 0x7f7fffffu

uint32_t rgt_snd_gain_from_db(int db)
{
    if (db < RGT_SND_GAIN_DB_MIN)
        return 0;
    if (db > RGT_SND_GAIN_DB_MAX)
        db = RGT_SND_GAIN_DB_MAX;
    return db_gains[db - RGT_SND_GAIN_DB_MIN];
}

static bool is_integer(unsigned format)
{
    return format >= VIRTIO_SND_PCM_FMT_S8 && format <= VIRTIO_SND_PCM_FMT_U32;
}

static const struct layout *layout_of(unsigned format)
{
    return &layouts[(format - VIRTIO_SND_PCM_FMT_S8) / 2];
}

static bool is_unsigned(unsigned format)
{
    return (format - VIRTIO_SND_PCM_FMT_S8) % 2 == 1;
}

static uint32_t load(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

static void store(uint8_t *at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A product of 64 bits out of halves: small CPUs leave the whole to a library
 * that we do not have. */
static uint64_t multiply(uint32_t a, uint32_t b)
{
    uint32_t al = a & 0xffff, ah = a >> 16;
    uint32_t bl = b & 0xffff, bh = b >> 16;
    uint64_t middle = (uint64_t)(al * bh) + ah * bl;

    return ((uint64_t)(ah * bh) << 32) + (middle << 16) + al * bl;
}

/* magnitude * gain to the nearest, halves up, at most limit. */
static uint32_t scale(uint32_t magnitude, uint32_t gain_q16, uint32_t limit)
{
    uint64_t product = (multiply(magnitude, gain_q16) + 0x8000) >> 16;

    return product < limit ? (uint32_t)product : limit;
}

/* value: two's complement in the low bits. The result is sign-extended. */
static uint32_t scale_signed(uint32_t value, unsigned bits, uint32_t gain_q16)
{
    uint32_t half = (uint32_t)1 << (bits - 1);

    value &= half | (half - 1);
    if ((value & half) == 0)
        return scale(value, gain_q16, half - 1);
    uint32_t magnitude = half - (value - half);
    return 0u - scale(magnitude, gain_q16, half);
}

static uint32_t scale_integer(uint32_t value, unsigned format,
                              uint32_t gain_q16)
{
    unsigned bits = layout_of(format)->bits;
    uint32_t half = (uint32_t)1 << (bits - 1);

    if (!is_unsigned(format))
        return scale_signed(value, bits, gain_q16);
    /* The middle is 0 in two's complement with the top bit turned. */
    value = scale_signed(value ^ half, bits, gain_q16) ^ half;
    return value & (half | (half - 1));
}

/* mantissa * 2^exponent as the nearest float; exponent 1 is that of the
 * smallest normal numbers, as stored. The mantissa is at least FLOAT_ONE, or
 * exponent below 1. */
static uint32_t pack_float(uint64_t mantissa, int exponent)
{
    bool half = false, below = false;

    while (mantissa >= FLOAT_LIMIT || exponent < 1) {
        below |= half;
        half = (mantissa & 1) != 0;
        mantissa >>= 1;
        exponent++;
    }
    if (half && (below || (mantissa & 1) != 0))
        mantissa++;
    if (mantissa == FLOAT_LIMIT) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= FLOAT_INFINITE)
        return FLOAT_MAX;
    if (mantissa < FLOAT_ONE) /* subnormal */
        return (uint32_t)mantissa;
    return (uint32_t)exponent << 23 | ((uint32_t)mantissa & (FLOAT_ONE - 1));
}

static uint32_t scale_float(uint32_t value, uint32_t gain_q16)
{
    int exponent = (int)(value >> 23 & 255);
    uint32_t mantissa = value & (FLOAT_ONE - 1);

    if (exponent == FLOAT_INFINITE)
        return value;
    if (exponent == 0)
        exponent = 1;
    else
        mantissa |= FLOAT_ONE;
    uint64_t product = multiply(mantissa, gain_q16);
    if (product == 0)
        return value & FLOAT_SIGN;
    return (value & FLOAT_SIGN) | pack_float(product, exponent - 16);
}

static void scale_all(const struct rgt_snd_gain *g, unsigned format,
                      const uint8_t *in, uint8_t *out, uint32_t bytes)
{
    unsigned step = rgt_snd_format_bits(format) / 8;

    for (uint32_t at = 0; at < bytes; at += step) {
        uint32_t value = load(in + at, step);
        value = is_integer(format) ? scale_integer(value, format, g->gain_q16)
                                   : scale_float(value, g->gain_q16);
        store(out + at, step, value);
    }
}

/* One sample of silence in the low bytes. */
static uint32_t silence_of(unsigned format)
{
    switch (format) {
    case VIRTIO_SND_PCM_FMT_MU_LAW:
        return 0xff;
    case VIRTIO_SND_PCM_FMT_A_LAW:
        return 0xd5;
    case VIRTIO_SND_PCM_FMT_DSD_U8:
    case VIRTIO_SND_PCM_FMT_DSD_U16:
    case VIRTIO_SND_PCM_FMT_DSD_U32:
        return 0x69696969;
    default:
        if (!is_integer(format) || !is_unsigned(format))
            return 0;
        return (uint32_t)1 << (layout_of(format)->bits - 1);
    }
}

static void silence_all(unsigned format, uint8_t *out, uint32_t bytes)
{
    unsigned step = rgt_snd_format_bits(format) / 8;

    if (step > 4) { /* FLOAT64 */
        memset(out, 0, bytes);
        return;
    }
    for (uint32_t at = 0; at < bytes; at += step)
        store(out + at, step, silence_of(format));
}

static bool whole_samples(unsigned format, uint32_t bytes)
{
    uint32_t step = rgt_snd_format_bits(format) / 8;
    uint32_t rest = 0;

    if (step > 1) /* IMA_ADPCM: two in a byte */
        (void)rgt__snd_divide(bytes, step, &rest);
    return rest == 0;
}

static bool can_mute(unsigned format)
{
    return format != VIRTIO_SND_PCM_FMT_IMA_ADPCM &&
           format != VIRTIO_SND_PCM_FMT_IEC958_SUBFRAME;
}

int rgt_snd_gain_apply(const struct rgt_snd_gain *g, unsigned format,
                       const void *in, void *out, uint32_t bytes)
{
    bool same = !g->mute && g->gain_q16 == RGT_SND_GAIN_UNITY;

    if (rgt_snd_format_bits(format) == 0 || !whole_samples(format, bytes))
        return RGT_E_INVAL;
    if (same) {
        memmove(out, in, bytes);
        return 0;
    }
    if (g->mute) {
        if (!can_mute(format))
            return RGT_E_NOTSUP;
        silence_all(format, out, bytes);
        return 0;
    }
    if (!is_integer(format) && format != VIRTIO_SND_PCM_FMT_FLOAT)
        return RGT_E_NOTSUP;
    scale_all(g, format, in, out, bytes);
    return 0;
}
