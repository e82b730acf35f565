/* SPDX-License-Identifier: MIT */
/* Gain and mute for PCM samples, in integers: what a client does to its
 * frames before it submits them. VIRTIO 1.2 has no volume control. Not
 * needed by snd.h, and linked only if used.
 *
 * Memory: the caller's, nothing is kept. Any thread.
 *
 * A sample becomes sample * gain, rounded to the nearest value of its format,
 * halves away from zero, and no further than the format reaches: saturated,
 * never wrapped. No dither. Unsigned samples are taken about their middle.
 * Samples narrower than their container stand in its low bits, as in ALSA;
 * the rest is ignored in, and out a copy of the sign (unsigned: 0).
 *
 * FLOAT is computed in integers too, so that no CPU needs a floating-point
 * library: rounded to nearest, ties to even, saturated to the largest finite
 * value; infinities and NaN are left alone. It is not clipped at 1.0.
 */
#ifndef RINGTRUE_SND_GAIN_H
#define RINGTRUE_SND_GAIN_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gain is linear with 16 fractional bits: 0 to just below 65536 times. */
#define RGT_SND_GAIN_UNITY 0x10000u

#define RGT_SND_GAIN_DB_MIN (-96)
#define RGT_SND_GAIN_DB_MAX 24

/* One for each stream. */
struct rgt_snd_gain {
    uint32_t gain_q16;
    bool mute;
};

/* 10^(db / 20) as linear gain, to the nearest; below RGT_SND_GAIN_DB_MIN 0,
 * above RGT_SND_GAIN_DB_MAX that of the maximum. */
uint32_t rgt_snd_gain_from_db(int db);

/* Applies g to the samples of in, into out; the same buffer or apart.
 *
 * format  VIRTIO_SND_PCM_FMT_*, any number of channels
 * bytes   whole samples
 * Unity gain, not muted: any format, copied to the bit.
 * Mute: silence of the format; not IMA_ADPCM and IEC958_SUBFRAME. (MU_LAW
 * 0xff, A_LAW 0xd5, DSD 0x69; else zero, or the middle if unsigned.)
 * Any other gain: S8 to U32, and FLOAT.
 *
 * Returns 0; or, and out is untouched:
 *   RGT_E_INVAL   no such format, or no whole number of samples
 *   RGT_E_NOTSUP  not possible for this format, see above
 */
int rgt_snd_gain_apply(const struct rgt_snd_gain *g, unsigned format,
                       const void *in, void *out, uint32_t bytes);

#ifdef __cplusplus
}
#endif

#endif
