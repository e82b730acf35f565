/* SPDX-License-Identifier: MIT
 *
 * pcm_format.h: the samples of 5.14.6.6.2, VIRTIO_SND_PCM_FMT_*, and what to
 * do with them. On the wire they are little-endian; a sample of less bits than
 * its bytes hold stands in the low ones, sign-extended, as in ALSA.
 *
 * Samples outside of the wire are doubles from -1 to 1 (exclusive): integers
 * of up to 32 bits and both float formats fit without loss, and come back the
 * same. Formats without samples of their own (IMA_ADPCM, DSD, IEC 958) are
 * moved as bytes only.
 */
#ifndef RIG_PCM_FORMAT_H
#define RIG_PCM_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/sink.h"

#define RIG_PCM_FORMATS 25u
#define RIG_PCM_RATES 14u
#define RIG_PCM_NONE 0xffu

enum rig_pcm_kind {
    RIG_PCM_SIGNED,
    RIG_PCM_UNSIGNED, /* the same, half of the range added */
    RIG_PCM_FLOAT,
    RIG_PCM_LAW,   /* G.711: 16 bits in 8 */
    RIG_PCM_BYTES, /* no samples */
};

struct rig_pcm_format {
    const char *name; /* "S16" */
    enum rig_pcm_kind kind;
    uint8_t bits;  /* that count */
    uint8_t bytes; /* of a sample as stored; 0: half a byte */
};

/* NULL: no such format. */
const struct rig_pcm_format *rig_pcm_format(uint8_t format);

/* By name, any case; RIG_PCM_NONE: no such format. */
uint8_t rig_pcm_format_named(const char *name);

/* VIRTIO_SND_PCM_RATE_* of a rate, or RIG_PCM_NONE; and back, or 0. */
uint8_t rig_pcm_rate(uint32_t hz);
uint32_t rig_pcm_rate_hz(uint8_t rate);

/* The same parameters. */
bool rig_pcm_same(const struct fake_pcm *a, const struct fake_pcm *b);

/* 0: no whole number of bytes. */
uint32_t rig_pcm_frame_bytes(uint8_t format, unsigned channels);

/* Whole frames in `bytes`; a sample of IMA_ADPCM is half a byte. */
uint64_t rig_pcm_frames(uint8_t format, unsigned channels, uint64_t bytes);

/* False for RIG_PCM_BYTES: do not call the next two. */
bool rig_pcm_has_samples(uint8_t format);

/* Between wire and samples. What does not fit is rounded to the nearest and
 * held at the limits; NaN is silence. There is no dithering. */
void rig_pcm_unpack(uint8_t format, const void *wire, double *samples,
                    size_t count);
void rig_pcm_pack(uint8_t format, const double *samples, void *wire,
                  size_t count);

/* From one integer format to another, without the way through doubles. */
void rig_pcm_recode(uint8_t from, const void *in, uint8_t to, void *out,
                    size_t count);

/* `bytes` of silence, beginning with a whole sample. */
void rig_pcm_silence(uint8_t format, void *wire, size_t bytes);

/* Which of the formats that a WAV file can have holds this one without loss:
 * U8, S16, S24_3, S32, FLOAT, FLOAT64, MU_LAW, A_LAW; RIG_PCM_NONE: none. */
uint8_t rig_pcm_container(uint8_t format);

/* ---- counter and ramp: what was played can be told from the samples ----
 *
 * counter: the interleaved samples of a stream count 1, 2, 3, ... as signed
 * integers of the width of the format, wrapping around: sample c of frame n
 * is n * channels + c + 1. A stale, repeated, skipped or swapped sample is
 * off by how far it is from its place. FLOAT counts in steps of 2^-23,
 * FLOAT64 in steps of 2^-31; formats without linear samples (G.711, DSD,
 * ...) count in their raw little-endian bytes or words.
 *
 * ramp: the same with n for every channel: a sawtooth that rises by one step
 * per frame. */
void rig_pcm_counter(uint8_t format, uint64_t first, void *wire, size_t count);

/* Number of leading samples that are as rig_pcm_counter() makes them. */
size_t rig_pcm_counter_check(uint8_t format, uint64_t first, const void *wire,
                             size_t count);

/* How far sample k of a counter that began with `first` is from its place:
 * 0 right, -2 is two samples old, 1 is one that belongs behind. The nearest
 * that fits; formats of 8 bits repeat themselves after 256 samples. */
int64_t rig_pcm_counter_off(uint8_t format, uint64_t first, const void *wire,
                            size_t k);

#endif
