/* SPDX-License-Identifier: MIT
 *
 * snd_format.c: formats and rates in plain numbers (5.14.6.6.2).
 */
#include "snd_private.h"

static const uint32_t rate_hz[] = {
    [VIRTIO_SND_PCM_RATE_5512] = 5512,
    [VIRTIO_SND_PCM_RATE_8000] = 8000,
    [VIRTIO_SND_PCM_RATE_11025] = 11025,
    [VIRTIO_SND_PCM_RATE_16000] = 16000,
    [VIRTIO_SND_PCM_RATE_22050] = 22050,
    [VIRTIO_SND_PCM_RATE_32000] = 32000,
    [VIRTIO_SND_PCM_RATE_44100] = 44100,
    [VIRTIO_SND_PCM_RATE_48000] = 48000,
    [VIRTIO_SND_PCM_RATE_64000] = 64000,
    [VIRTIO_SND_PCM_RATE_88200] = 88200,
    [VIRTIO_SND_PCM_RATE_96000] = 96000,
    [VIRTIO_SND_PCM_RATE_176400] = 176400,
    [VIRTIO_SND_PCM_RATE_192000] = 192000,
    [VIRTIO_SND_PCM_RATE_384000] = 384000,
};

/* Bits of a sample as stored, and the sample that is silence: the middle of
 * an unsigned range; the code of zero in G.711; for DSD the pattern with as
 * many ones as zeros. */
static const struct {
    uint8_t bits;
    uint32_t silence;
} formats[] = {
    [VIRTIO_SND_PCM_FMT_IMA_ADPCM] = {4, 0},
    [VIRTIO_SND_PCM_FMT_MU_LAW] = {8, 0xFF},
    [VIRTIO_SND_PCM_FMT_A_LAW] = {8, 0xD5},
    [VIRTIO_SND_PCM_FMT_S8] = {8, 0},
    [VIRTIO_SND_PCM_FMT_U8] = {8, 0x80},
    [VIRTIO_SND_PCM_FMT_S16] = {16, 0},
    [VIRTIO_SND_PCM_FMT_U16] = {16, 0x8000},
    [VIRTIO_SND_PCM_FMT_S18_3] = {24, 0},
    [VIRTIO_SND_PCM_FMT_U18_3] = {24, 0x20000},
    [VIRTIO_SND_PCM_FMT_S20_3] = {24, 0},
    [VIRTIO_SND_PCM_FMT_U20_3] = {24, 0x80000},
    [VIRTIO_SND_PCM_FMT_S24_3] = {24, 0},
    [VIRTIO_SND_PCM_FMT_U24_3] = {24, 0x800000},
    [VIRTIO_SND_PCM_FMT_S20] = {32, 0},
    [VIRTIO_SND_PCM_FMT_U20] = {32, 0x80000},
    [VIRTIO_SND_PCM_FMT_S24] = {32, 0},
    [VIRTIO_SND_PCM_FMT_U24] = {32, 0x800000},
    [VIRTIO_SND_PCM_FMT_S32] = {32, 0},
    [VIRTIO_SND_PCM_FMT_U32] = {32, 0x80000000},
    [VIRTIO_SND_PCM_FMT_FLOAT] = {32, 0},
    [VIRTIO_SND_PCM_FMT_FLOAT64] = {64, 0},
    [VIRTIO_SND_PCM_FMT_DSD_U8] = {8, 0x69},
    [VIRTIO_SND_PCM_FMT_DSD_U16] = {16, 0x6969},
    [VIRTIO_SND_PCM_FMT_DSD_U32] = {32, 0x69696969},
    [VIRTIO_SND_PCM_FMT_IEC958_SUBFRAME] = {32, 0},
};

uint32_t fake_snd_rate_hz(uint8_t rate)
{
    return rate < sizeof(rate_hz) / sizeof(rate_hz[0]) ? rate_hz[rate] : 0;
}

uint32_t snd_sample_bits(uint8_t format)
{
    return format < sizeof(formats) / sizeof(formats[0]) ? formats[format].bits
                                                         : 0;
}

uint32_t fake_snd_sample_bytes(uint8_t format)
{
    return snd_sample_bits(format) / 8;
}

uint64_t snd_silence(uint8_t format, unsigned *bytes)
{
    *bytes = snd_sample_bits(format) < 8 ? 1 : snd_sample_bits(format) / 8;
    return formats[format].silence;
}
