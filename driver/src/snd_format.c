/* SPDX-License-Identifier: MIT */
/* Formats, rates and parameters (5.14.6.6.2, 5.14.6.6.3). */
#include "snd_private.h"

/* Bits in memory, by VIRTIO_SND_PCM_FMT_*. */
static const uint8_t format_bits[RGT_SND_FORMATS] = {
    4,                      /* IMA_ADPCM */
    8,  8,  8,  8,          /* MU_LAW A_LAW S8 U8 */
    16, 16,                 /* S16 U16 */
    24, 24, 24, 24, 24, 24, /* S18_3 U18_3 S20_3 U20_3 S24_3 U24_3 */
    32, 32, 32, 32, 32, 32, /* S20 U20 S24 U24 S32 U32 */
    32, 64,                 /* FLOAT FLOAT64 */
    8,  16, 32, 32,         /* DSD_U8 DSD_U16 DSD_U32 IEC958_SUBFRAME */
};

/* Frames per second, by VIRTIO_SND_PCM_RATE_*. */
static const uint32_t rate_hz[RGT_SND_RATES] = {
    5512,  8000,  11025, 16000, 22050,  32000,  44100,
    48000, 64000, 88200, 96000, 176400, 192000, 384000,
};

/* 5.14.6.6.3: placeholders, MUST NOT be selected. */
#define SHMEM_FEATURES                                                         \
    (1u << VIRTIO_SND_PCM_F_SHMEM_HOST | 1u << VIRTIO_SND_PCM_F_SHMEM_GUEST)

#define DEFINED_FEATURES ((1u << (VIRTIO_SND_PCM_F_EVT_XRUNS + 1)) - 1u)

unsigned rgt_snd_format_bits(unsigned format)
{
    return format < RGT_SND_FORMATS ? format_bits[format] : 0;
}

uint32_t rgt_snd_rate_hz(unsigned rate)
{
    return rate < RGT_SND_RATES ? rate_hz[rate] : 0;
}

uint32_t rgt_snd_frame_bytes(unsigned format, unsigned channels)
{
    return rgt_snd_format_bits(format) / 8 * channels;
}

uint32_t rgt__snd_divide(uint32_t value, uint32_t divisor, uint32_t *rest)
{
    uint64_t part = (uint64_t)divisor << 31;
    uint64_t left = value;
    uint32_t quotient = 0;

    for (int bit = 31; bit >= 0; bit--) {
        quotient <<= 1;
        if (left >= part) {
            left -= part;
            quotient |= 1;
        }
        part >>= 1;
    }
    *rest = (uint32_t)left;
    return quotient;
}

static bool divides(uint32_t divisor, uint32_t value)
{
    uint32_t rest;

    (void)rgt__snd_divide(value, divisor, &rest);
    return rest == 0;
}

/* 5.14.6.6.3.2: the period divides the buffer. That it holds whole frames is
 * our rule: or a transfer of one period could not. */
static bool sizes_valid(const struct rgt_snd_params *p)
{
    uint32_t frame_bytes = rgt_snd_frame_bytes(p->format, p->channels);

    if (p->period_bytes == 0 || p->buffer_bytes == 0)
        return false;
    if (!divides(p->period_bytes, p->buffer_bytes))
        return false;
    return frame_bytes == 0 || divides(frame_bytes, p->period_bytes);
}

bool rgt__snd_params_valid(const struct rgt_snd_pcm *pcm,
                           const struct rgt_snd_params *p)
{
    uint32_t features = pcm->features & DEFINED_FEATURES & ~SHMEM_FEATURES;

    if (p->format >= RGT_SND_FORMATS || p->rate >= RGT_SND_RATES)
        return false;
    if ((pcm->formats >> p->format & 1) == 0 ||
        (pcm->rates >> p->rate & 1) == 0)
        return false;
    if ((p->features & ~features) != 0)
        return false;
    if (p->channels == 0 || p->channels < pcm->channels_min ||
        p->channels > pcm->channels_max)
        return false;
    return sizes_valid(p);
}
